import { AsyncLocalStorage } from 'node:async_hooks';
import {
  DeadlineExceededError,
  EventStoreDBClient,
  UnavailableError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { START } from '@baton/kernel';
import { anEvent, eventually, followUntil, readToTip } from '@baton/kernel/testing';
import { EventStoreServer } from '../../../test/support/eventstore-server';
import { FaultProxy } from '../../../test/support/proxy';
import type { Client } from './eventstore-client';
import { EventStoreEventLog } from './eventstore-event-log';

/** Longer than a test takes on a busy machine. */
const PATIENT_MS = 300_000;

describe('the adapter of EventStoreDB', () => {
  let server: EventStoreServer;
  let proxy: FaultProxy;
  let log: EventStoreEventLog;
  let clients: (Client & { readonly disposableStreams: ReadonlySet<unknown> })[];
  /** Called before (`asked`) and after (`done`) each append; the adapter gets the error that it throws. */
  let outage: (moment: 'asked' | 'done') => void;
  let open: (deadlines?: ConstructorParameters<typeof EventStoreEventLog>[1]) => EventStoreEventLog;
  const logs: EventStoreEventLog[] = [];
  beforeEach(async () => {
    const [started, port] = await EventStoreServer.start();
    server = started;
    proxy = await FaultProxy.to(port);
    outage = () => undefined;
    clients = [];
    open = (deadlines = {}) => {
      const made = new EventStoreEventLog(() => {
        const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${proxy.port}?tls=false`);
        const append = client.appendToStream.bind(client) as Client['appendToStream'];
        client.appendToStream = (async (...given: Parameters<typeof append>) => {
          outage('asked');
          const answer = await append(...given);
          outage('done');
          return answer;
        }) as typeof client.appendToStream;
        clients.push(client as never);
        return client;
      }, deadlines);
      logs.push(made);
      return made;
    };
    log = open();
  });
  afterEach(async () => {
    for (const opened of logs.splice(0)) await opened.close();
    await proxy.close();
    server.stop();
  });
  const failOnce = (moment: 'asked' | 'done', error: Error) => {
    outage = (now) => {
      if (now !== moment) return;
      outage = () => undefined;
      throw error;
    };
  };
  const streams = () => clients.flatMap(({ disposableStreams }) => [...disposableStreams]).length;

  it.each([
    { lost: 'the request', moment: 'asked', expected: 'none', error: new UnavailableError() },
    { lost: 'the answer', moment: 'done', expected: 'none', error: new UnavailableError() },
    { lost: 'the answer, late', moment: 'done', expected: 'any', error: new DeadlineExceededError() },
    { lost: 'the connection', moment: 'done', expected: 'none', error: Object.assign(new Error(), { code: 14 }) },
  ] as const)('appends once when $lost is lost', async ({ moment, expected, error }) => {
    const events = [anEvent(), anEvent()];
    failOnce(moment, error);
    expect(await log.append('a-1', events, expected)).toMatchObject({ revision: 1 });
    expect((await log.read('a-1')).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('recognises its own append when the server answers the repetition with a conflict', async () => {
    const event = anEvent();
    outage = (moment) => {
      if (moment === 'asked') return;
      outage = () => {
        throw new WrongExpectedVersionError(null as never, { streamName: 'a-1', expected: 'no_stream', current: 0n });
      };
      throw new UnavailableError();
    };
    expect(await log.append('a-1', [event], 'none')).toEqual({
      revision: 0,
      position: await log.tip(),
      repeated: true,
    });
  });

  it('fails with log/unavailable when the server stays unavailable', async () => {
    outage = () => {
      throw new UnavailableError();
    };
    await expect(open({ totalMs: 300 }).append('a-1', [anEvent()], 'none')).rejects.toMatchObject({
      code: 'log/unavailable',
    });
  });

  it('throws errors that are no outage as they are', async () => {
    failOnce('asked', new TypeError('a defect'));
    await expect(log.append('a-1', [anEvent()], 'none')).rejects.toThrow('a defect');
    expect(log.availability()).toEqual({ state: 'available' });
  });

  describe('what a call costs', () => {
    it('reads the stream once before an append, unless the caller has checked it', async () => {
      const checked = { checked: true };
      await log.append('a-1', [anEvent()], 'none', checked);
      await log.append('a-1', [anEvent()], 0, checked);
      await log.appendMany([{ stream: 'a-1', events: [anEvent()], expected: 1, ...checked }]);
      expect(server.calls).toMatchObject({ append: 3, readStream: 0 });
      await log.append('a-1', [anEvent()], 2);
      await log.append('a-1', [anEvent()], 'any');
      expect(server.calls).toMatchObject({ append: 5, readStream: 2 });
    });

    it('has at most 64 calls under way', async () => {
      log = open({ callMs: PATIENT_MS, totalMs: PATIENT_MS });
      const held = (server.heldAnswers = [] as (() => void)[]);
      const appends = Array.from({ length: 400 }, (_, n) =>
        log.append(`a-${n}`, [anEvent()], 'none', { checked: true }),
      );
      await eventually(() => held.length === 64);
      server.heldAnswers = undefined;
      for (const send of held) send();
      await Promise.all(appends);
      expect([server.mostAtOnce, server.calls.append]).toEqual([64, 400]);
    });

    it('adds no abort listener per call, even for many calls in an outage', async () => {
      log = open({ callMs: PATIENT_MS, totalMs: PATIENT_MS });
      const ours: string[] = [];
      const calls = new AsyncLocalStorage<true>();
      const add = EventTarget.prototype.addEventListener;
      const listening = jest.spyOn(EventTarget.prototype, 'addEventListener');
      listening.mockImplementation(function (this: EventTarget, ...given: Parameters<typeof add>) {
        const from = new Error().stack!;
        // Other suites of this process may still be ending theirs: not in the context of these calls.
        if (
          calls.getStore() &&
          given[0] === 'abort' &&
          /libs\/platform|db-client/.test(from.replace(/^.*spec\.ts.*$/gm, ''))
        )
          ours.push(from);
        return add.apply(this, given);
      });
      let failures = 100;
      outage = (moment) => {
        if (moment === 'asked' && failures-- > 0) throw new UnavailableError();
      };
      await calls.run(true, () =>
        Promise.all(
          Array.from({ length: 1_500 }, (_, n) => log.append(`a-${n}`, [anEvent()], 'none', { checked: true })),
        ),
      );
      listening.mockRestore();
      expect(ours.length).toBeLessThanOrEqual(1);
      expect(server.calls.append).toBe(1_500);
    });
  });

  describe('an outage', () => {
    it('is visible as availability, and ends by a probe without a call', async () => {
      let away = true;
      outage = () => {
        if (away) throw new UnavailableError();
      };
      jest.spyOn(clients[0]!, 'readAll').mockImplementationOnce(() => {
        throw new UnavailableError(); // the first probe
      });
      const began = new Date().toISOString();
      const appending = log.append('a-1', [anEvent()], 'none', { checked: true });
      await eventually(() => log.availability().state === 'unavailable');
      const { since } = log.availability() as { since: string };
      expect(since >= began && since <= new Date().toISOString()).toBe(true);
      away = false;
      await eventually(() => log.availability().state === 'available');
      expect(await appending).toMatchObject({ revision: 0 });
    });

    it('that is known fails many calls at once, without a call to the server', async () => {
      log = open({ totalMs: 200 });
      outage = () => {
        throw new UnavailableError();
      };
      jest.spyOn(clients[1]!, 'readAll').mockImplementation(() => {
        throw new UnavailableError();
      });
      const calls = Array.from({ length: 500 }, (_, n) => log.append(`a-${n}`, [anEvent()], 'none'));
      for (const result of await Promise.allSettled(calls))
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'log/unavailable' } });
      const tries = server.calls.readStream;
      await expect(log.read('a-1')).rejects.toMatchObject({ code: 'log/unavailable' });
      expect(server.calls.readStream).toBe(tries);
    });
  });

  describe('an open stream of the driver', () => {
    const filled = async () => {
      const text = 'x'.repeat(10_000);
      for (let n = 0; n < 10; n++)
        await log.append(
          `a-${n}`,
          Array.from({ length: 50 }, () => anEvent({ text })),
          'none',
          { checked: true },
        );
    };

    it('is not left by a page that was cancelled while it arrived, on either side', async () => {
      await filled();
      const before = streams(); // the one that appends go through
      for (let n = 0; n < 5; n++) await log.readAll(START, { types: ['SomethingHappened'] }, 2);
      await eventually(() => server.openStreams === 0 && streams() === before);
    });

    // Over a slow link the end of a page arrives together with its events, too late to cancel it.
    it('is not left by a page that had arrived when it was cancelled, with any number of unread events', async () => {
      for (let n = 0; n < 4; n++)
        await log.append(
          `a-${n}`,
          Array.from({ length: 50 }, () => anEvent()),
          'none',
          { checked: true },
        );
      const before = streams();
      proxy.become({ latencyMs: 10 });
      for (const limit of [1, 10, 30, 60, 190, 195, 198, 199]) {
        await log.readAll(START, {}, limit);
        await log.readAll(START, { types: ['SomethingHappened'] }, limit);
      }
      await eventually(() => server.openStreams === 0 && streams() === before);
      await log.close();
      expect(streams()).toBe(0);
    });

    it('is not left by a follower that stopped early', async () => {
      await filled();
      const before = streams();
      for (let n = 0; n < 5; n++) await followUntil(log.follow(START, {}, { limit: 2 }), (events) => events.length > 0);
      await eventually(() => server.openStreams === 0 && streams() === before);
    });

    it('is not left after the log is closed', async () => {
      await filled();
      const [follower, reading] = [log.follow(START, {}, { limit: 1 })[Symbol.asyncIterator](), log.readAll(START)];
      await follower.next();
      await log.readAll(START, { types: ['SomethingHappened'] }, 2);
      await log.close();
      await reading.catch(() => undefined);
      expect(streams()).toBe(0);
      await eventually(() => server.openStreams === 0);
    });

    it('does not delay close when the driver never releases it', async () => {
      jest.spyOn(clients[0]!, 'dispose').mockReturnValue(new Promise(() => undefined));
      await log.close();
      await expect(log.tip()).rejects.toMatchObject({ code: 'log/unavailable' });
    });
  });

  it('continues to follow after a lost connection, without gaps or duplicates', async () => {
    let written = 0;
    const more = () => log.append('a-1', [anEvent({ n: written++ })], 'any');
    for (let n = 0; n < 5; n++) await more();
    const seen = await followUntil(log.follow(START, {}, { limit: 2 }), async (events) => {
      if (written < 12) {
        await more();
        if (written % 3 === 0) server.disconnect();
        await more();
      }
      return events.length === written;
    });
    expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: written }, (_, n) => ({ n })));
    expect(written).toBe(13);
  });

  it('buffers a bounded number of events for a slow follower', async () => {
    for (let n = 0; n < 50; n++) await log.append(`a-${n}`, [anEvent({ n }), anEvent({ n })], 'none');
    const seen = await followUntil(log.follow(START, {}, { limit: 5 }), (events, page) => {
      expect(page.events.length).toBeLessThanOrEqual(5);
      expect(page.atTip && events.length < 100).toBe(false);
      return page.atTip;
    });
    expect(seen.map(({ position }) => position)).toEqual((await readToTip(log, START)).events.map((e) => e.position));
    expect(seen).toHaveLength(100);
  });

  it('finds the tip below any number of the server’s own events', async () => {
    expect(await log.tip()).toBe(START);
    const { position } = await log.append('a-1', [anEvent()], 'none');
    for (let n = 0; n < 200; n++) server.collectStats();
    expect(await log.tip()).toBe(position);
    expect(await readToTip(log, START)).toMatchObject({ events: [{ stream: 'a-1' }] });
  });

  it('reports a stream that was deleted with the server’s own tools, and does not treat it as new', async () => {
    await log.append('a-1', [anEvent()], 'none');
    server.tombstone('a-1');
    for (const call of [
      () => log.read('a-1'),
      () => log.append('a-1', [anEvent()], 'none', { checked: true }),
      () => log.append('a-1', [anEvent()], 'any'),
    ])
      await expect(call()).rejects.toMatchObject({ name: 'Refused', code: 'log/stream-deleted' });
  });

  it('refuses a position of another log', () =>
    expect(log.readAll('0000000000000001')).rejects.toMatchObject({ code: 'log/not-a-position' }));
});
