import { MongoClient } from 'mongodb';
import { EventStoreServer } from './eventstore-server';
import { MongodbServer } from './mongodb-server';

interface Started {
  readonly url: string;
  stop(): unknown;
}
/** The servers that store suites run against: the variable of a real one, and its fake. */
const servers = {
  EVENTSTORE_URL: {
    name: 'EventStoreDB',
    fake: async (): Promise<Started> => {
      const [server, port] = await EventStoreServer.start();
      return { url: `esdb://127.0.0.1:${port}?tls=false`, stop: () => server.stop() };
    },
  },
  MONGODB_URL: {
    name: 'MongoDB',
    fake: async (): Promise<Started> => {
      const server = await MongodbServer.start();
      return { url: server.url(), stop: () => server.stop() };
    },
  },
};

/**
 * Runs a suite against a server: the real one if the variable names it, else a fake that ends after the suite. With
 * `REQUIRE_STORES=1` a suite without its real server fails.
 * @param suite declares the tests; `url` may be called from its first hook on
 */
export const onServer = (variable: keyof typeof servers, suite: (url: () => string) => void): void => {
  const { name, fake } = servers[variable];
  const real = process.env[variable];
  const required = process.env['REQUIRE_STORES'] === '1';
  let started: Started | undefined;
  beforeAll(async () => {
    if (!real && !required) started = await fake();
  });
  const url = () => {
    const found = real ?? started?.url;
    if (!found) throw new Error(`The real ${name} is required: set ${variable}.`);
    return found;
  };
  describe(`on a ${real || required ? 'real' : 'fake'} ${name}`, () => suite(url));
  // After the hooks of the suite itself: they may still need the server.
  afterAll(() => started?.stop());
};

/**
 * Databases of a suite on a server of MongoDB, dropped after it.
 * @param url of the server
 * @returns gives the address of another database of this name on each call, which may be made from the first hook on
 */
export const databasesOn = (url: () => string, name: string): (() => string) => {
  const made: string[] = [];
  afterAll(async () => {
    const client = new MongoClient(url());
    for (const one of made) await client.db(one).dropDatabase();
    await client.close();
  });
  return () => {
    const database = `baton-${name}-${process.pid}-${made.length}`;
    made.push(database);
    return url().replace(/^([^:]+:\/\/[^/?]+)\/?[^?]*/, `$1/${database}`);
  };
};
