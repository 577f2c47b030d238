import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BACKWARDS,
  DeadlineExceededError,
  END,
  EventStoreDBClient,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
  UnavailableError,
  WrongExpectedVersionError,
  type AppendExpectedRevision,
  type JSONType,
  type Position as LogPosition,
} from '@eventstore/db-client';
import {
  Conflict,
  EventLog,
  Refused,
  START,
  type AppendRequest,
  type AppendResult,
  type AppendOptions,
  type ExpectedRevision,
  type EventFilter,
  type EventToAppend,
  type Page,
  type Position,
  type RawEvent,
} from '@baton/kernel';
import { backOffMs, CALLS_AT_ONCE, Link, withDeadline } from '../link';
import { AppendsAtEnd } from './appends-at-end';
import {
  batchesOf,
  consume,
  isOutage,
  isSystem,
  logPositionOf,
  needsNewClient,
  positionIn,
  positionOf,
  rawEventOf,
  type Batch,
  type Client,
  type OpenReads,
} from './eventstore-client';
import { subscribedPages } from './eventstore-subscription';

const DEFAULT_PAGE = 2000;
const MAX_SCANNED_EVENTS = 20_000; // events that one page of a filtered read may look at
const CALL_MS = 4_000;
const TOTAL_MS = 5_000;
const DEADLINE_MARGIN_MS = 500; // the server keeps the deadline of an append itself; its answer arrives a little later
const SILENCE_MS = 15_000; // silence of a subscription after which its position is compared with the end of the log
const RENEWAL_MS = 1_000; // between two clients of the driver
const PING_MS = 10_000; // how often a connection in use is tried, and how long its answer may take
const SHORTEST_BACK_OFF_MS = 50; // between two subscriptions of one follower
const LONGEST_BACK_OFF_MS = 5_000;

/** Timeouts in milliseconds. */
export interface Deadlines {
  /** For the answer to an append, and between two events of a read. */
  readonly callMs: number;
  /** For all attempts of one call together. */
  readonly totalMs: number;
  /** Silence of a subscription before it is checked. */
  readonly silenceMs: number;
}
const DEFAULT_DEADLINES: Deadlines = { callMs: CALL_MS, totalMs: TOTAL_MS, silenceMs: SILENCE_MS };

/**
 * The log in EventStoreDB. `recordedAt` is the server's time. The server checks for known ids only if the expected
 * revision does not match, so every append is sent with an exact revision up to which its ids are known to be new. If
 * the answer was lost, the same append is sent again: the revision then does not match, and the events are recognised.
 */
export class EventStoreEventLog extends EventLog {
  private readonly closing = new AbortController();
  private readonly deadlines: Deadlines;
  private client: Client;
  private readonly formerClients: Client[] = [];
  private renewedAt = -Infinity;
  private readonly reads: OpenReads = new Set();
  private readonly atEnd = new AppendsAtEnd(this);
  private readonly link = new Link({
    isOutage,
    unavailable: (closed) =>
      new Conflict('log/unavailable', closed ? 'The log is closed.' : 'EventStoreDB does not answer; try again later.'),
    probe: () =>
      this.withClientRenewal(() => {
        const read = this.client.readAll({ fromPosition: END, direction: BACKWARDS, maxCount: 1 });
        return consume(read, () => true, this.deadlines.callMs, this.reads);
      }),
  });

  /** @param clientOf creates a client of the driver, which reconnects by itself */
  constructor(
    private readonly clientOf: () => Client,
    deadlines: Partial<Deadlines> = {},
  ) {
    super();
    this.deadlines = { ...DEFAULT_DEADLINES, ...deadlines };
    this.client = clientOf();
  }

  /**
   * @param url connection string, `esdb://host:2113?tls=false`
   * @throws Refused `config/invalid` if it cannot be parsed, without the driver's text, which may contain the password
   */
  static connect(url: string, deadlines: Partial<Deadlines> = {}): EventStoreEventLog {
    // Options of the URL come last and override these.
    const [, host, options] = /^([^?]*)\??(.*)$/s.exec(url)!;
    const pings = `keepAliveInterval=${PING_MS}&keepAliveTimeout=${PING_MS}`;
    try {
      return new EventStoreEventLog(
        () => EventStoreDBClient.connectionString(`${host}?${[pings, options].filter(Boolean).join('&')}`),
        deadlines,
      );
    } catch {
      throw new Refused(
        'config/invalid',
        'BATON_EVENTSTORE_URL must be a connection string of EventStoreDB.',
        'BATON_EVENTSTORE_URL',
      );
    }
  }

  async append(
    stream: string,
    events: readonly EventToAppend[],
    expected: ExpectedRevision,
    { checked = false }: AppendOptions = {},
  ): Promise<AppendResult> {
    if (events.length === 0) throw new Error(`nothing to append to ${stream}`);
    if (new Set(events.map(({ id }) => id)).size < events.length)
      throw new Error(`an append to ${stream} repeats an event id`);
    if (checked && expected !== 'any') return this.appendAt(stream, events, expected);
    for (let from = 0; ;) {
      const past = await this.read(stream, from);
      const earlier = earlierAppendOf(past, events);
      if (earlier) return earlier;
      if (past.some(({ id }) => events.some((event) => event.id === id))) throw wrongRevision(stream, expected);
      const head = past.at(-1)?.revision ?? from - 1;
      const at = head < 0 ? 'none' : head;
      // Not left to the server: with a wrong revision it would look for the ids and might know some of them.
      if (expected !== 'any' && expected !== at) throw wrongRevision(stream, expected);
      try {
        return await this.appendAt(stream, events, at);
      } catch (error) {
        const isWrongRevision = error instanceof Conflict && error.code === 'log/wrong-revision';
        if (!isWrongRevision || expected !== 'any') throw error;
        from = head + 1; // another append came first: read its events, too
      }
    }
  }

  override appendDeferred(stream: string, events: readonly EventToAppend[]): Promise<void> {
    return this.atEnd.append(stream, events);
  }

  async appendMany(appends: readonly AppendRequest[]): Promise<readonly PromiseSettledResult<AppendResult>[]> {
    const turns = new Map<string, Promise<unknown>>();
    return Promise.allSettled(
      appends.map(({ stream, events, expected, checked }) => {
        const append = () => this.append(stream, events, expected, { checked });
        const turn = (turns.get(stream) ?? Promise.resolve()).then(append, append); // in order within a stream
        turns.set(stream, turn);
        return turn;
      }),
    );
  }

  /**
   * Copies events of another log in their order, with their ids, streams and revisions; `recordedAt` is the server's.
   * Neighbouring events of one stream are one append, and many appends are sent at once, because the server writes them
   * in the order in which they arrive. After an outage they are sent one by one.
   * @throws Conflict `log/wrong-revision` if an event does not follow the last one of its stream here;
   *   `log/out-of-order` if the events arrived in another order: the target is then no copy
   */
  async appendCopies(events: readonly RawEvent[]): Promise<void> {
    let last = START;
    const checkOrder = ({ position }: AppendResult) => {
      if (position <= last)
        throw new Conflict('log/out-of-order', 'The events arrived in another order; empty the target and copy again.');
      last = position;
    };
    const sendWithRetries = ({ stream, events: batch, expected }: Batch) => this.appendAt(stream, batch, expected);
    const sendOnce = ({ stream, events: batch, expected }: Batch) =>
      this.link.call(() => this.send(stream, batch, driverEventsOf(batch), expected, this.deadlines.callMs));
    for (const batches = batchesOf(events); batches.length > 0;) {
      // The first one alone, because with it the driver opens the stream on which it sends the others in order.
      checkOrder(await sendWithRetries(batches.shift()!));
      const some = batches.splice(0, CALLS_AT_ONCE);
      for (const [index, answer] of (await Promise.allSettled(some.map(sendOnce))).entries()) {
        if (answer.status === 'fulfilled') checkOrder(answer.value);
        else if ((answer.reason as Conflict).code === 'log/unavailable')
          checkOrder(await sendWithRetries(some[index]!));
        else throw answer.reason;
      }
    }
  }

  async read(stream: string, from = 0, limit?: number): Promise<readonly RawEvent[]> {
    if (limit === 0) return []; // the server refuses a limit of 0
    const options = { fromRevision: BigInt(from), ...(limit !== undefined && { maxCount: limit }) };
    return this.withRetries((ms) => this.readStream(stream, options, ms));
  }

  async revisionOf(stream: string): Promise<number | undefined> {
    const options = { fromRevision: END, direction: BACKWARDS, maxCount: 1 } as const;
    return (await this.withRetries((ms) => this.readStream(stream, options, ms)))[0]?.revision;
  }

  async readAll(after: Position, filter: EventFilter = {}, limit = DEFAULT_PAGE): Promise<Page> {
    const fromPosition = logPositionOf(after);
    const wanted = filter.types && new Set(filter.types);
    // Two more than the page: the event at `after`, which the server returns again, and the first of the next page.
    const maxCount = (wanted ? Math.max(MAX_SCANNED_EVENTS, limit) : limit) + 2;
    return this.withRetries(async (ms) => {
      const events: RawEvent[] = [];
      let position = after;
      let scanned = 0;
      let more = false;
      await consume(
        this.client.readAll({ fromPosition, maxCount }),
        ({ event }) => {
          scanned++;
          if (!event || positionIn(event) <= after) return true;
          const matches = !isSystem(event) && (!wanted || wanted.has(event.type));
          if (events.length === limit && !isSystem(event)) {
            more = true;
            return false;
          }
          position = positionIn(event);
          if (matches) events.push(rawEventOf(event));
          return true;
        },
        ms,
        this.reads,
      );
      return { events, position, atTip: !more && scanned < maxCount };
    });
  }

  async *follow(
    after: Position,
    filter: EventFilter = {},
    { signal, limit = DEFAULT_PAGE }: { signal?: AbortSignal; limit?: number } = {},
  ): AsyncIterable<Page> {
    // A signal of its own, so that listeners do not accumulate on a shared one.
    const stop = AbortSignal.any(signal ? [signal, this.closing.signal] : [this.closing.signal]);
    const silence = { ms: this.deadlines.silenceMs, tip: () => this.tip() };
    let position = after;
    for (let attempt = 0; !stop.aborted; attempt++) {
      try {
        for await (const page of subscribedPages(this.client, position, filter, limit, stop, silence)) {
          attempt = 0;
          position = page.position;
          yield page;
        }
      } catch (error) {
        // A subscription ends with its first error: start another one where it ended.
        if (!isOutage(error)) throw error;
        this.renewClient(error);
        this.link.markUnavailable();
        const pause = backOffMs(attempt, SHORTEST_BACK_OFF_MS, LONGEST_BACK_OFF_MS);
        await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }

  assertPosition(position: Position, path?: string): void {
    logPositionOf(position, path);
  }

  async tip(): Promise<Position> {
    return this.withRetries(async (ms) => {
      let from: LogPosition | typeof END = END;
      for (let maxCount = 32; ; maxCount = Math.min(maxCount * 4, 4096)) {
        let found: Position = START;
        let lowest: LogPosition | undefined;
        await consume(
          this.client.readAll({ fromPosition: from, direction: BACKWARDS, maxCount }),
          ({ event }) => {
            if (!event) return true;
            if (!isSystem(event)) found = positionIn(event);
            lowest = event.position;
            return found === START;
          },
          ms,
          this.reads,
        );
        const stuck = lowest === undefined || (from !== END && positionOf(lowest) >= positionOf(from));
        if (found !== START || stuck) return found;
        from = lowest!;
      }
    });
  }

  availability() {
    return this.link.availability();
  }

  close(): Promise<void> {
    this.closing.abort();
    return this.link.close(async () => {
      for (const cancel of [...this.reads]) cancel(new UnavailableError());
      await Promise.all([...this.formerClients, this.client].map((client) => client.dispose()));
    });
  }

  private withRetries<T>(call: (ms: number) => Promise<T>): Promise<T> {
    return this.link.callWithRetries((ms) => this.withClientRenewal(() => call(ms)), this.deadlines);
  }

  private async withClientRenewal<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.renewClient(error);
      throw error;
    }
  }

  /**
   * Replaces the client once for all calls that fail together. Calls that still run on the former client may finish.
   */
  private renewClient(error: unknown): void {
    if (!needsNewClient(error) || this.closing.signal.aborted) return;
    if (performance.now() - this.renewedAt < RENEWAL_MS) return;
    this.renewedAt = performance.now();
    this.formerClients.push(this.client);
    this.client = this.clientOf();
  }

  /** Appends at a revision up to which the stream has none of the ids. */
  private appendAt(stream: string, events: readonly EventToAppend[], expected: number | 'none'): Promise<AppendResult> {
    const batch = driverEventsOf(events);
    return this.withRetries((ms) => this.send(stream, events, batch, expected, ms));
  }

  private async send(
    stream: string,
    events: readonly EventToAppend[],
    batch: ReturnType<typeof driverEventsOf>,
    expected: number | 'none',
    ms: number,
  ): Promise<AppendResult> {
    const expectedRevision: AppendExpectedRevision = expected === 'none' ? NO_STREAM : BigInt(expected);
    try {
      const answer = await withDeadline(
        this.client.appendToStream(stream, batch, { expectedRevision, deadline: ms }),
        ms + DEADLINE_MARGIN_MS,
        () => new DeadlineExceededError(),
      );
      if (answer.success && answer.position)
        return {
          position: positionOf(answer.position),
          revision: Number(answer.nextExpectedRevision),
          repeated: false,
        };
    } catch (error) {
      if (error instanceof MaxAppendSizeExceededError)
        throw new Refused('log/too-large', 'One append can have at most 1 MiB; send a smaller command.');
      if (error instanceof StreamDeletedError) throw streamDeleted(stream);
      if (!(error instanceof WrongExpectedVersionError)) throw error;
    }
    // If an earlier attempt was written and its answer lost, the events are after that revision.
    const fromRevision = BigInt(expected === 'none' ? 0 : expected + 1);
    const earlier = earlierAppendOf(await this.readStream(stream, { fromRevision }, ms), events);
    if (earlier) return earlier;
    throw wrongRevision(stream, expected);
  }

  private async readStream(
    stream: string,
    options: Parameters<Client['readStream']>[1],
    ms: number,
  ): Promise<RawEvent[]> {
    const events: RawEvent[] = [];
    try {
      await consume(
        this.client.readStream(stream, options),
        ({ event }) => {
          if (event) events.push(rawEventOf(event));
          return true;
        },
        ms,
        this.reads,
      );
    } catch (error) {
      if (error instanceof StreamDeletedError) throw streamDeleted(stream);
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
    return events;
  }
}

/**
 * Events as they are sent: with new ids, and their own ids in the metadata. If the server knew the ids, it would answer
 * as if it had written the events, even if another process wrote different ones under them.
 */
const driverEventsOf = (events: readonly EventToAppend[]) =>
  events.map(({ id, type, data, meta }) =>
    jsonEvent({ id: randomUUID(), type, data: data as JSONType, metadata: { ...meta, id } as unknown as JSONType }),
  );

const wrongRevision = (stream: string, expected: ExpectedRevision): Conflict =>
  new Conflict('log/wrong-revision', `${stream} is not at revision ${expected}, or holds a part of these events.`);

const streamDeleted = (stream: string): Refused =>
  new Refused('log/stream-deleted', `The stream ${stream} was deleted in EventStoreDB; restore it there.`);

/** The answer to an append that was written before, found by exactly these ids in a row. */
const earlierAppendOf = (past: readonly RawEvent[], events: readonly EventToAppend[]): AppendResult | undefined => {
  const first = past.findIndex(({ id }) => id === events[0]!.id);
  const last = past[first + events.length - 1];
  const same = first >= 0 && events.every(({ id }, index) => past[first + index]?.id === id);
  return same && last ? { position: last.position, revision: last.revision, repeated: true } : undefined;
};
