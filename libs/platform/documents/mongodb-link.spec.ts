import {
  MongoAPIError,
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { Conflict } from '@baton/kernel';
import { MongodbServer } from '../../../test/support/mongodb-server';
import { FaultProxy } from '../../../test/support/proxy';
import { MongodbKeyStore } from '../keys/mongodb-key-store';
import { MongoDocuments } from './mongodb-documents';
import { isOutage, withOutageError } from './mongodb-link';

const PASSWORD = 'sEcr3t-of-the-url';
const DEADLINE_MS = 400;
const PATIENT_MS = 300_000; // longer than a busy machine takes
const unavailable = () => new Conflict('documents/unavailable', 'away');
const MASTER = Buffer.alloc(32, 7);

describe('an error of the MongoDB driver', () => {
  const labelled = new MongoServerError({ errmsg: 'x', errorLabels: ['RetryableWriteError'] });
  const closed = Object.create(MongoClientClosedError.prototype) as Error; // its constructor is the driver's own
  const outages: [string, Error][] = [
    ['network', new MongoNetworkError('reset')],
    ['network timeout', new MongoNetworkTimeoutError('late')],
    ['server selection', new MongoServerSelectionError('nobody', {} as never)],
    ['not connected', new MongoNotConnectedError('away')],
    ['topology closed', new MongoTopologyClosedError('closed')],
    ['client closed', closed],
    ['retryable by its label', labelled],
    ['stepped down', new MongoServerError({ errmsg: 'not primary', code: 10107 })],
  ];
  it.each(outages)('is an outage: %s', async (_, error) => {
    expect(isOutage(error)).toBe(true);
    await expect(withOutageError(Promise.reject(error), unavailable)).rejects.toMatchObject({
      code: 'documents/unavailable',
      name: 'Conflict',
    });
  });
  it.each<[string, Error]>(
    [
      ['duplicate key', new MongoServerError({ errmsg: 'x', code: 11000 })],
      ['duplicate key in a bulk', new MongoBulkWriteError({ message: 'x', code: 11000 } as never, {} as never)],
      ['bad address', new MongoParseError('x')],
      ['bad use', new MongoAPIError('x')],
      ['defect', new TypeError('x')],
    ].map(([what, error]) => [what as string, error as Error]),
  )('is none, and stays as it is: %s', async (_, error) => {
    if (error instanceof MongoBulkWriteError)
      Object.assign(error, { result: { getWriteConcernError: () => undefined } });
    expect(isOutage(error)).toBe(false);
    await expect(withOutageError(Promise.reject(error), unavailable)).rejects.toBe(error);
  });
});

describe('the link to MongoDB', () => {
  let server: MongodbServer;
  let proxy: FaultProxy;
  const url = () => `mongodb://127.0.0.1:${proxy.port}/baton?directConnection=true`;
  const secretUrl = () => `mongodb://baton:${PASSWORD}@127.0.0.1:${proxy.port}/baton?directConnection=true`;
  beforeAll(async () => void (server = await MongodbServer.start()));
  beforeEach(async () => void (proxy = await FaultProxy.to(server.port)));
  afterEach(() => proxy.close());
  afterAll(() => server.stop());

  it.each([
    ['is refused', { refuses: true }],
    ['never answers', { silent: true }],
  ])('that %s at the start is told by a code, without the password', async (_, faults) => {
    proxy.become(faults);
    for (const [connecting, code] of [
      [MongoDocuments.connect(secretUrl(), DEADLINE_MS), 'documents/unavailable'],
      [MongodbKeyStore.connect(secretUrl(), MASTER, undefined, DEADLINE_MS), 'keys/unavailable'],
    ] as const) {
      const error = await connecting.then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject({ code });
      expect(`${error!.message}${error!.stack}${JSON.stringify(error)}`).not.toContain(PASSWORD);
    }
  });

  it.each([
    ['is reset', { refuses: true }],
    ['goes silent', { silent: true }],
  ])('that %s later is told by a code within the deadline, and comes back by itself', async (_, faults) => {
    const documents = await MongoDocuments.connect(url(), DEADLINE_MS);
    try {
      expect(await documents.checkpoint('fold')).toBeUndefined();
      proxy.become(faults);
      if ('refuses' in faults) proxy.cut();
      const began = new Date().toISOString();
      expect(documents.availability()).toEqual({ state: 'available' });
      await expect(documents.checkpoint('fold')).rejects.toMatchObject({ code: 'documents/unavailable' });
      const lost = documents.availability() as { state: string; since: string };
      expect([lost.state, lost.since >= began]).toEqual(['unavailable', true]);
      proxy.become({});
      // The driver looks at a server that failed once in half a second.
      for (let tries = 0; ; tries++) {
        const found = await documents.checkpoint('fold').catch((error: Error & { code?: string }) => error.code);
        if (found === undefined) break;
        expect([found, tries < 40]).toEqual(['documents/unavailable', true]);
      }
      expect(documents.availability()).toEqual({ state: 'available' });
    } finally {
      await documents.close();
    }
  });

  it('takes any number of calls at once: 64 are under way, the others wait without a deadline', async () => {
    const keys = await MongodbKeyStore.connect(url(), MASTER, undefined, PATIENT_MS);
    const documents = await MongoDocuments.connect(url(), PATIENT_MS);
    // Whoever wraps a method later is part of one call, not another one.
    const commit = documents.checkpoint.bind(documents);
    documents.checkpoint = (follower) => commit(follower);
    try {
      Object.assign(server, { answersAfterMs: 50, mostAtOnce: 0 });
      const found = await Promise.all(Array.from({ length: 500 }, (_, n) => keys.find([`lead-${n}`])));
      expect(found.every(({ size }) => size === 0)).toBe(true);
      expect(server.mostAtOnce).toBeLessThanOrEqual(66); // and what the driver asks for itself
      Object.assign(server, { answersAfterMs: 10, mostAtOnce: 0 });
      await Promise.all(Array.from({ length: 200 }, () => documents.checkpoint('fold')));
      expect(server.mostAtOnce).toBeLessThanOrEqual(66);
    } finally {
      server.answersAfterMs = 0;
      await Promise.all([keys.close(), documents.close()]);
    }
  });

  it('closes in time although the server is silent, and then is unavailable', async () => {
    const documents = await MongoDocuments.connect(url());
    await documents.checkpoint('fold');
    proxy.become({ silent: true });
    const reading = documents.checkpoint('fold').catch((error: Error & { code?: string }) => error.code);
    await Promise.all([documents.close(), documents.close()]);
    await expect(documents.checkpoint('fold')).rejects.toMatchObject({ code: 'documents/unavailable' });
    expect(await reading).toBe('documents/unavailable');
  });

  it('names the setting and no part of an address that cannot be read', async () => {
    for (const wrong of [
      `mongodb://u:${PASSWORD}@h:1:2/x`,
      `mongodb://u:${PASSWORD}/y@h/x`,
      `mongodb://${PASSWORD}@@h`,
    ]) {
      const error = await MongoDocuments.connect(wrong).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code: 'config/invalid', path: 'BATON_MONGODB_URL' });
      expect((error as Error).message).not.toContain(PASSWORD);
    }
  });
});
