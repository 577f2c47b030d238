import { START, type RawEvent } from '@baton/kernel';
import { anEvent, eventLogContract, eventually, FixedClock, followUntil } from '@baton/kernel/testing';
import { copyLog } from '@baton/platform/backup';
import { EmbeddedEventLog } from '@baton/platform/event-log';
import { EventStoreEventLog } from '../libs/platform/event-log/eventstore-event-log';
import { EventStoreServer } from './support/eventstore-server';
import { FaultProxy } from './support/proxy';

const PASSWORD = 'do-not-tell-me';
/** Fast pings, so that a dead connection is noticed during a test. */
const FAST_PINGS = '&keepAliveInterval=1000&keepAliveTimeout=2000';
const urlOf = (port: number, pings: string) => `esdb://somebody:${PASSWORD}@127.0.0.1:${port}?tls=false${pings}`;
type Deadlines = ConstructorParameters<typeof EventStoreEventLog>[1];
/** So long that they only end what hangs, however slow the machine is. */
const NEVER_LATE: Deadlines = { callMs: 60_000, totalMs: 300_000 };

describe('the adapter of EventStoreDB over a link', () => {
  const closing: (() => unknown)[] = [];
  beforeAll(() => void jest.spyOn(console, 'warn').mockImplementation(() => undefined)); // of such fast pings
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });
  const started = async (deadlines: Deadlines = {}, pings = FAST_PINGS) => {
    const [server, port] = await EventStoreServer.start();
    const proxy = await FaultProxy.to(port);
    const log = EventStoreEventLog.connect(urlOf(proxy.port, pings), deadlines);
    closing.push(
      () => server.stop(),
      () => proxy.close(),
      () => log.close(),
    );
    return { server, proxy, log };
  };

  eventLogContract('EventStoreDB behind a proxy', async () => (await started(NEVER_LATE, '')).log);

  it.each(['none', 'any', 0] as const)(
    'appends once when the connection is reset after the events were written: expected %s',
    async (expected) => {
      const { server, proxy, log } = await started();
      if (expected === 0) await log.append('a-1', [anEvent()], 'none');
      else await log.append('a-0', [anEvent()], 'none');
      const events = [anEvent(), anEvent()];
      let reset = false;
      server.written = () => {
        if (reset) return;
        reset = true;
        proxy.become({ resetsAfter: { fromServer: 0 } });
      };
      const appending = log.append('a-1', events, expected);
      await eventually(() => reset);
      const { resets } = proxy;
      await eventually(() => proxy.resets > resets);
      proxy.become({});
      const answer = await appending;
      const stored = await log.read('a-1');
      expect(stored.slice(-2).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(stored).toHaveLength(expected === 0 ? 3 : 2);
      expect(answer).toMatchObject({ revision: stored.length - 1, position: stored.at(-1)!.position });
      expect(await log.append('a-1', events, expected)).toEqual({ ...answer, repeated: true });
    },
  );

  it.each([['refuses'], ['silent']] as const)(
    'reports after its deadline that a server %s, and continues after',
    async (how) => {
      const { proxy, log } = await started({ totalMs: 500, callMs: 400 });
      proxy.become({ [how]: true });
      for (const call of [() => log.append('a-1', [anEvent()], 'none'), () => log.tip(), () => log.read('a-1')]) {
        const error = (await call().catch((caught: unknown) => caught)) as Error & { code: string };
        expect(error.code).toBe('log/unavailable');
        expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(PASSWORD);
      }
      proxy.become({});
      proxy.cut(); // a silent connection ends at last
      const reached = async (): Promise<unknown> => log.append('a-2', [anEvent()], 'none').catch(() => reached());
      expect(await reached()).toMatchObject({ revision: 0 });
    },
  );

  describe('a copy of a log to it', () => {
    const source = async (appends: number) => {
      const log = EmbeddedEventLog.open(':memory:', new FixedClock());
      closing.push(() => log.close());
      for (let n = 0; n < appends; n++)
        await log.append(`s-${Math.floor(n / 3) % 7}`, [anEvent({ n }), anEvent()], 'any');
      return log;
    };

    it('is written in batches and in order, and continues where it ended', async () => {
      const { server, log } = await started();
      const mine = await source(210);
      server.answersAfterMs = 20;
      expect(await copyLog(mine, log)).toMatchObject({ written: 420, events: 420 });
      expect(server.calls.append).toBe(70); // consecutive events of one stream are one append
      expect(server.mostAtOnce).toBeGreaterThan(1);
      expect(await copyLog(mine, log)).toMatchObject({ written: 0, events: 420 });
      await mine.append('s-new', [anEvent()], 'none');
      expect(await copyLog(mine, log)).toMatchObject({ written: 1, events: 421 });
    });

    it('survives a reset in the middle', async () => {
      const { server, proxy, log } = await started();
      server.answersAfterMs = 20;
      let appends = 0;
      server.written = () => {
        if (++appends === 30) setImmediate(() => proxy.cut());
      };
      expect(await copyLog(await source(210), log)).toMatchObject({ written: 420, events: 420 });
    });

    it('into a log with other events fails, and the log is closed', async () => {
      const { log } = await started();
      const text = 'x'.repeat(20_000);
      for (let n = 0; n < 10; n++)
        await log.append(
          `other-${n}`,
          Array.from({ length: 20 }, () => anEvent({ text })),
          'none',
        );
      const copying = copyLog(await source(210), log);
      await expect(copying).rejects.toMatchObject({ name: 'Refused', code: 'copy/target-differs' });
      await log.close();
    });

    it('into a log that others write to fails', async () => {
      const { log } = await started();
      const mine = await source(210);
      const appendCopies = log.appendCopies.bind(log);
      log.appendCopies = async (events) => {
        await log.append('s-3', [anEvent()], 'none');
        return appendCopies(events);
      };
      await expect(copyLog(mine, log)).rejects.toMatchObject({ name: 'Refused', code: 'copy/target-differs' });
    });
  });

  it('connects to a server whose capabilities could not be read at first', async () => {
    const { server, log } = await started();
    server.failures = 2;
    expect(await log.append('a-1', [anEvent()], 'none')).toMatchObject({ revision: 0 });
  });

  /** Appends one after the other while a follower reads, and disturbs in between. */
  const followed = async (
    { log, disturb }: { readonly log: EventStoreEventLog; disturb: (n: number) => unknown },
    count: number,
  ): Promise<readonly RawEvent[]> => {
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

  it('continues after resets, without a gap or a duplicate', async () => {
    const { proxy, log } = await started();
    const disturb = (n: number) => {
      if (n % 10 === 3) proxy.cut();
      if (n % 10 === 6) proxy.become({ resetsAfter: { fromServer: 700 }, resetsOnce: true });
    };
    const seen = await followed({ log, disturb }, 40);
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 40 }, (_, n) => ({ n })));
    expect(proxy.resets).toBeGreaterThan(0);
  });

  it('notices a half-open connection by its pings', async () => {
    const { proxy, log } = await started({ callMs: 1_000 });
    const disturb = async (n: number) => {
      if (n !== 5) return;
      proxy.become({ silent: true });
      proxy.become({}); // new connections work; the existing ones are dead without notice
    };
    const seen = await followed({ log, disturb }, 10);
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, n) => ({ n })));
  });

  it('notices a server that answers pings and sends nothing, by the end of the log', async () => {
    const { server, log } = await started({ silenceMs: 200 });
    const disturb = async (n: number) => {
      if (n !== 5) return;
      await eventually(() => server.subscriptions > 0);
      server.forget();
    };
    const seen = await followed({ log, disturb }, 10);
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, n) => ({ n })));
  });
});
