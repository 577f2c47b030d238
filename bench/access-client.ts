import { Agent, request } from 'node:http';
import { quantile } from './support';

/** What the client is asked: so many requests, so many at once. */
export interface ClientTask {
  readonly port: number;
  readonly token: string;
  readonly query: string;
  readonly requests: number;
  readonly atOnce: number;
}
/** Milliseconds from sending to the whole answer. */
export interface ClientTimes {
  readonly p50: number;
  readonly p99: number;
}

/** A client in a process of its own, so that its work is not counted as the server’s. */
const run = async ({ port, token, query, requests, atOnce }: ClientTask): Promise<ClientTimes> => {
  const options = {
    ...{ host: '127.0.0.1', port, path: '/graphql', method: 'POST' },
    agent: new Agent({ keepAlive: true, maxSockets: atOnce }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  };
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const begin = performance.now();
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (text.includes('"errors"') || !text.includes('@example.org')) reject(new Error(text.slice(0, 300)));
          else resolve(performance.now() - begin);
        });
      });
      sent.on('error', reject).end(JSON.stringify({ query }));
    });
  const times: number[] = [];
  let left = requests;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) times.push(await ask());
    }),
  );
  options.agent.destroy();
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
};

process.on('message', (task: ClientTask) => void run(task).then((times) => process.send!(times)));
