import { once } from 'node:events';
import { createServer } from 'node:net';

const LOWEST = 10_000;
const COUNT = 20_000; // below the ports that the system assigns by itself

/** A port of this machine for a server that starts later, outside the range that the system assigns meanwhile. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
};
