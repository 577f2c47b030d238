import { START, type StoredEvent } from '@baton/kernel';
import { anEvent, eventLogContract, eventually, followUntil } from '@baton/kernel/testing';
import { EventStoreEventLog } from '../libs/platform/event-log/eventstore-event-log';
import { EventStoreServer } from './support/eventstore-server';
import { FaultProxy } from './support/proxy';

const PASSWORD = 'do-not-tell-me';
/** Fast pings, so that a dead link is noticed while a test waits. */
const urlOf = (port: number, host = '127.0.0.1') =>
  `esdb://somebody:${PASSWORD}@${host}:${port}?tls=false&keepAliveInterval=1000&keepAliveTimeout=2000`;

describe('the adapter of EventStoreDB over a link', () => {
  const closing: (() => unknown)[] = [];
  beforeAll(() => void jest.spyOn(console, 'warn').mockImplementation(() => undefined)); // of such fast pings
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });
  const started = async (deadlines: ConstructorParameters<typeof EventStoreEventLog>[1] = {}) => {
    const [server, port] = await EventStoreServer.start();
    const proxy = await FaultProxy.to(port);
    const log = EventStoreEventLog.connect(urlOf(proxy.port), deadlines);
    closing.push(
      () => server.stop(),
      () => proxy.close(),
      () => log.close(),
    );
    return { server, proxy, log };
  };

  eventLogContract('EventStoreDB behind a proxy', async () => (await started()).log);

  it.each(['none', 'any', 0] as const)(
    'appends once when the link is reset after the events were written: expected %s',
    async (expected) => {
      const { server, proxy, log } = await started();
      if (expected === 0) await log.append('a-1', [anEvent()], 'none');
      else await log.append('a-0', [anEvent()], 'none');
      const events = [anEvent(), anEvent()];
      const before = server.appends;
      proxy.become({ resetsAfter: { fromServer: 0 } });
      const appending = log.append('a-1', events, expected);
      await eventually(() => server.appends > before);
      const { resets } = proxy;
      await eventually(() => proxy.resets > resets);
      proxy.become({});
      const answer = await appending;
      const stored = await log.read('a-1');
      expect(stored.slice(-2).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(stored).toHaveLength(expected === 0 ? 3 : 2);
      expect(answer).toEqual({ revision: stored.length - 1, position: stored.at(-1)!.position });
      expect(await log.append('a-1', events, expected)).toEqual(answer);
    },
  );

  it.each([['refuses'], ['silent']] as const)(
    'says after its deadline that a server %s, and goes on after',
    async (how) => {
      const { proxy, log } = await started({ totalMs: 500, callMs: 500, readMs: 500 });
      proxy.become({ [how]: true });
      for (const call of [() => log.append('a-1', [anEvent()], 'none'), () => log.tip(), () => log.read('a-1')]) {
        const error = (await call().catch((caught: unknown) => caught)) as Error & { code: string };
        expect(error.code).toBe('log/unavailable');
        expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(PASSWORD);
      }
      proxy.become({});
      proxy.cut(); // a silent link ends at last
      const reached = async (): Promise<unknown> => log.append('a-2', [anEvent()], 'none').catch(() => reached());
      expect(await reached()).toMatchObject({ revision: 0 });
    },
  );

  it('reaches a server whose capabilities could not be asked for at first', async () => {
    const { server, log } = await started();
    server.failures = 2;
    expect(await log.append('a-1', [anEvent()], 'none')).toMatchObject({ revision: 0 });
  });

  /** Appends one after the other while a follower reads, and disturbs in between. */
  const followed = async (
    { log, disturb }: { readonly log: EventStoreEventLog; disturb: (n: number) => unknown },
    count: number,
  ): Promise<readonly StoredEvent[]> => {
    let written = 0;
    const write = async () => {
      for (; written < count; written++) {
        await disturb(written);
        await log.append('a-1', [anEvent({ n: written })], 'any');
      }
    };
    const [seen] = await Promise.all([
      followUntil(log.follow(START, {}, { limit: 3 }), async (events) => events.length >= count),
      write(),
    ]);
    return seen;
  };

  it('follows on after resets, without a gap or a double', async () => {
    const { proxy, log } = await started();
    const disturb = (n: number) => {
      if (n % 10 === 3) proxy.cut();
      if (n % 10 === 6) proxy.become({ resetsAfter: { fromServer: 700 }, resetsOnce: true });
    };
    const seen = await followed({ log, disturb }, 40);
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 40 }, (_, n) => ({ n })));
    expect(proxy.resets).toBeGreaterThan(0);
  });

  it('notices that a link is half-open by its pings', async () => {
    const { proxy, log } = await started({ callMs: 1_000 });
    const disturb = async (n: number) => {
      if (n !== 5) return;
      proxy.become({ silent: true });
      proxy.become({}); // new connections live; those that stood are dead and nobody was told
    };
    const seen = await followed({ log, disturb }, 10);
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, n) => ({ n })));
  });

  it('notices a server that answers pings and sends nothing, by the end of the log', async () => {
    const { server, log } = await started({ quietMs: 200 });
    const disturb = async (n: number) => {
      if (n !== 5) return;
      await eventually(() => server.subscriptions > 0);
      server.forget();
    };
    const seen = await followed({ log, disturb }, 10);
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, n) => ({ n })));
  });
});
