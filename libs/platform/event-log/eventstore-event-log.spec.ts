import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  StreamNotFoundError,
  UnavailableError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { START } from '@baton/kernel';
import { anEvent, eventLogContract, followUntil, readToTip } from '@baton/kernel/testing';
import type { Client, RecordedByServer } from './eventstore-client';
import { EventStoreEventLog } from './eventstore-event-log';

interface Sent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}
type Stored = RecordedByServer & { readonly position: { readonly commit: bigint; readonly prepare: bigint } };

/** As much of the server and its driver as the log uses, with the measured semantics, and outages on demand. */
class FakeServer {
  readonly all: Stored[] = [];
  readonly subscriptions = new Set<Readable>();
  /** Called before (`asked`) and after (`done`) each append; what it throws is what the client sees. */
  outage: (moment: 'asked' | 'done') => void = () => undefined;
  /** Without an expectation the server recognises a repeated append only while it remembers its ids. */
  forgetful = false;
  private ticks = 1000n;

  readonly client = {
    appendToStream: async (stream: string, sent: Sent[], { expectedRevision }: { expectedRevision: unknown }) => {
      await new Promise((later) => setImmediate(later));
      this.outage('asked');
      const answer = this.append(stream, sent, expectedRevision);
      this.outage('done');
      return answer;
    },
    readStream: (stream: string, { fromRevision = 0n as bigint | 'end', maxCount = Infinity, direction = '' } = {}) => {
      const events = this.of(stream);
      if (events.length === 0) return this.reading([], new StreamNotFoundError(undefined, stream));
      if (direction === 'backwards') return this.reading(events.reverse().slice(0, maxCount));
      return this.reading(events.filter(({ revision }) => revision >= (fromRevision as bigint)).slice(0, maxCount));
    },
    readAll: ({ fromPosition = 'start' as unknown, maxCount = Infinity, direction = '' } = {}) => {
      const at = (fromPosition as { commit?: bigint }).commit ?? (direction === 'backwards' ? 10n ** 19n : 0n);
      if (direction !== 'backwards')
        return this.reading(this.all.filter(({ position }) => position.commit >= at).slice(0, maxCount));
      const before = this.all.filter(({ position }) => position.commit < at);
      return this.reading(before.reverse().slice(0, maxCount));
    },
    subscribeToAll: ({ fromPosition }: { fromPosition: unknown }) => {
      const after = (fromPosition as { commit?: bigint }).commit ?? 0n;
      const subscription = new Readable({ objectMode: true, read: () => undefined });
      for (const event of this.all) if (event.position.commit > after) subscription.push({ event });
      this.subscriptions.add(subscription);
      setImmediate(() => subscription.emit('caughtUp'));
      const unsubscribe = async () => void this.subscriptions.delete(subscription);
      return Object.assign(subscription, { unsubscribe });
    },
    dispose: async () => undefined,
  } as unknown as Client;

  /** All subscriptions die, as they do when the server goes away. */
  disconnect() {
    for (const subscription of this.subscriptions) subscription.emit('error', new UnavailableError());
    this.subscriptions.clear();
  }

  private append(stream: string, sent: Sent[], expected: unknown) {
    if (Buffer.byteLength(JSON.stringify(sent)) > 1024 * 1024) throw new MaxAppendSizeExceededError(undefined, 1048576);
    const events = this.of(stream);
    const first = events.findIndex(({ id }) => id === sent[0]!.id);
    const forgot = this.forgetful && expected === 'any';
    const known = forgot ? [] : sent.filter(({ id }) => events.some((event) => event.id === id));
    const head = BigInt(events.length - 1);
    const start = expected === 'no_stream' ? 0 : expected === 'any' ? first : Number(expected) + 1;
    const again = known.length === sent.length && sent.every(({ id }, n) => events[start + n]?.id === id);
    if (again) return this.answer(events[start + sent.length - 1]!);
    const matches = expected === 'any' || (expected === 'no_stream' ? -1n : expected) === head;
    if (known.length > 0 || !matches)
      throw new WrongExpectedVersionError(undefined, {
        streamName: stream,
        expected: expected as bigint,
        current: head,
      });
    sent.forEach((event, n) => this.store(stream, head + 1n + BigInt(n), event));
    const last = this.all.at(-1)!;
    this.store('$stats', 0n, { id: randomUUID(), type: '$statsCollected', data: {}, metadata: {} });
    return this.answer(last);
  }

  private store(streamId: string, revision: bigint, event: Sent) {
    this.ticks += 97n;
    const position = { commit: this.ticks, prepare: this.ticks };
    const copy = JSON.parse(JSON.stringify(event)) as Sent;
    const stored = { ...copy, streamId, revision, created: new Date(1.7e12 + Number(this.ticks)), position };
    this.all.push(stored);
    for (const subscription of this.subscriptions) subscription.push({ event: stored });
  }

  private of(stream: string) {
    return this.all.filter(({ streamId }) => streamId === stream);
  }

  private answer({ position, revision }: Stored) {
    return { success: true, nextExpectedRevision: revision, position };
  }

  private reading(events: readonly Stored[], failure?: Error) {
    const read = Readable.from(events.map((event) => ({ event })));
    if (failure) read.destroy(failure);
    return Object.assign(read, { cancel: async () => undefined });
  }
}

eventLogContract('The adapter of EventStoreDB', async () => new EventStoreEventLog(() => new FakeServer().client));

describe('the adapter of EventStoreDB', () => {
  let server: FakeServer;
  let log: EventStoreEventLog;
  beforeEach(() => {
    server = new FakeServer();
    log = new EventStoreEventLog(() => server.client, { totalMs: 300 });
  });
  afterEach(() => log.close());
  const failOnce = (moment: 'asked' | 'done', error: Error) => {
    server.outage = (now) => {
      if (now !== moment) return;
      server.outage = () => undefined;
      throw error;
    };
  };

  it.each([
    { lost: 'the request', moment: 'asked', expected: 'none', error: new UnavailableError() },
    { lost: 'the answer', moment: 'done', expected: 'none', error: new UnavailableError() },
    { lost: 'the answer, late', moment: 'done', expected: 'any', error: new DeadlineExceededError() },
    { lost: 'the connection', moment: 'done', expected: 'none', error: Object.assign(new Error(), { code: 14 }) },
  ] as const)('appends once when it loses $lost', async ({ moment, expected, error }) => {
    const events = [anEvent(), anEvent()];
    failOnce(moment, error);
    expect(await log.append('a-1', events, expected)).toMatchObject({ revision: 1 });
    expect((await log.read('a-1')).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('looks for itself before it repeats an append without an expectation', async () => {
    server.forgetful = true;
    const events = [anEvent(), anEvent()];
    await log.append('a-1', [anEvent()], 'any');
    failOnce('done', new UnavailableError());
    expect(await log.append('a-1', events, 'any')).toEqual({ revision: 2, position: await log.tip(), repeated: true });
    expect(await log.read('a-1')).toHaveLength(3);
  });

  it('knows its own append again when the server answers the repetition with a conflict', async () => {
    const event = anEvent();
    server.outage = (moment) => {
      if (moment === 'asked') return;
      server.outage = () => {
        throw new WrongExpectedVersionError(undefined, { streamName: 'a-1', expected: 'no_stream', current: 0n });
      };
      throw new UnavailableError();
    };
    expect(await log.append('a-1', [event], 'none')).toEqual({
      revision: 0,
      position: await log.tip(),
      repeated: true,
    });
  });

  it('gives up when the server stays away, and says so', async () => {
    server.outage = () => {
      throw new UnavailableError();
    };
    await expect(log.append('a-1', [anEvent()], 'none')).rejects.toMatchObject({ code: 'log/unavailable' });
  });

  it('passes on faults that are no outage', async () => {
    failOnce('asked', new TypeError('a defect'));
    await expect(log.append('a-1', [anEvent()], 'none')).rejects.toThrow('a defect');
  });

  it('follows on after the connection was lost, without a gap or a double', async () => {
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

  it('holds a follower that does not read at a bounded number of events', async () => {
    for (let n = 0; n < 50; n++) await log.append(`a-${n}`, [anEvent({ n }), anEvent({ n })], 'none');
    const seen = await followUntil(log.follow(START, {}, { limit: 5 }), async (events, page) => {
      expect(page.events.length).toBeLessThanOrEqual(5);
      expect(page.atTip && events.length < 100).toBe(false);
      const [subscription] = server.subscriptions;
      expect(subscription!.readableLength).toBeGreaterThanOrEqual(Math.min(1, 85 - events.length));
      await new Promise((later) => setImmediate(later));
      return page.atTip;
    });
    expect(seen.map(({ position }) => position)).toEqual((await readToTip(log, START)).events.map((e) => e.position));
    expect(seen).toHaveLength(100);
  });

  it('finds the tip below any number of the server’s own events', async () => {
    expect(await log.tip()).toBe(START);
    const { position } = await log.append('a-1', [anEvent()], 'none');
    for (let n = 0; n < 200; n++) server['store']('$stats', BigInt(n), anEvent({}, '$statsCollected') as never);
    expect(await log.tip()).toBe(position);
    expect(await readToTip(log, START)).toMatchObject({ events: [{ stream: 'a-1' }] });
  });

  it('refuses a position of another log', () =>
    expect(log.readAll('0000000000000001')).rejects.toMatchObject({ code: 'log/not-a-position' }));
});
