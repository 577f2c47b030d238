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
const DEADLINE_MARGIN_MS = 500; // the server keeps the deadline of an append itself; its word of that comes a little later
const QUIET_MS = 15_000; // after so long without a word the end of the log is compared
const RENEWAL_MS = 1_000; // between two clients of the driver
const PING_MS = 10_000; // how often a connection in use is tried, and how long its answer may take
const SHORTEST_BACK_OFF_MS = 50; // between two subscriptions of one follower
const LONGEST_BACK_OFF_MS = 5_000;

/** How long things may take, in milliseconds. */
export interface Deadlines {
  /** The answer to an append, or the silence between two events of a read. */
  readonly callMs: number;
  /** All repetitions of one call. */
  readonly totalMs: number;
  /** A subscription without a word. */
  readonly quietMs: number;
}
const DEFAULT_DEADLINES: Deadlines = { callMs: CALL_MS, totalMs: TOTAL_MS, quietMs: QUIET_MS };

/**
 * The log in EventStoreDB. `recordedAt` is the server's clock. The server looks for ids that it knows only where the
 * expected revision does not match; so everything is sent at an exact revision up to which the ids are known to be new,
 * and an append whose answer was lost is sent again as it was: it then does not match, and is recognised.
 */
export class EventStoreEventLog extends EventLog {
  private readonly closing = new AbortController();
  private readonly deadlines: Deadlines;
  private client: Client;
  private readonly formerClients: Client[] = [];
  private renewedAt = -Infinity;
  private readonly reads: OpenReads = new Set();
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

  /** @param clientOf gives a client of the driver, which reconnects by itself where it notices that it must */
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
   * @throws Refused `config/invalid` for one that cannot be read; the driver's words could hold parts of the password
   */
  static connect(url: string, deadlines: Partial<Deadlines> = {}): EventStoreEventLog {
    // What the address says itself comes later, and counts.
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
      const made = earlierAppendOf(past, events);
      if (made) return made;
      if (past.some(({ id }) => events.some((event) => event.id === id))) throw wrongRevision(stream, expected);
      const head = past.at(-1)?.revision ?? from - 1;
      const at = head < 0 ? 'none' : head;
      // Where another revision was expected the server is not asked: it could know some of the ids, by chance.
      if (expected !== 'any' && expected !== at) throw wrongRevision(stream, expected);
      try {
        return await this.appendAt(stream, events, at);
      } catch (error) {
        const passed = error instanceof Conflict && error.code === 'log/wrong-revision';
        if (!passed || expected !== 'any') throw error;
        from = head + 1; // somebody was faster: what came meanwhile is looked at, too
      }
    }
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
   * Takes over events of another log as they are and in their order: ids, streams, revisions; `recordedAt` is the
   * server's. Neighbours of one stream are one append, and many appends are under way at once: the server writes them in
   * the order in which they reach it. After an outage it goes on one by one.
   * @throws Conflict `log/wrong-revision` where a stream does not go on where it ends here, `log/out-of-order` when
   *   another order came about: the target is then no copy
   */
  async appendCopies(events: readonly RawEvent[]): Promise<void> {
    let last = START;
    const took = ({ position }: AppendResult) => {
      if (position <= last)
        throw new Conflict('log/out-of-order', 'The events arrived in another order; empty the target and copy again.');
      last = position;
    };
    const again = ({ stream, events: batch, expected }: Batch) => this.appendAt(stream, batch, expected);
    const once = ({ stream, events: batch, expected }: Batch) =>
      this.link.call(() => this.send(stream, batch, driverEventsOf(batch), expected, this.deadlines.callMs));
    for (const batches = batchesOf(events); batches.length > 0;) {
      // Alone: with it the driver opens the way that the others then take one after the other.
      took(await again(batches.shift()!));
      const some = batches.splice(0, CALLS_AT_ONCE);
      for (const [index, answer] of (await Promise.allSettled(some.map(once))).entries()) {
        if (answer.status === 'fulfilled') took(answer.value);
        else if ((answer.reason as Conflict).code === 'log/unavailable') took(await again(some[index]!));
        else throw answer.reason;
      }
    }
  }

  async read(stream: string, from = 0, limit?: number): Promise<readonly RawEvent[]> {
    if (limit === 0) return []; // the server takes no read of nothing
    const options = { fromRevision: BigInt(from), ...(limit !== undefined && { maxCount: limit }) };
    return this.withRetries((ms) => this.readStream(stream, options, ms));
  }

  async readAll(after: Position, filter: EventFilter = {}, limit = DEFAULT_PAGE): Promise<Page> {
    const fromPosition = logPositionOf(after);
    const wanted = filter.types && new Set(filter.types);
    // Two more than the page: the event at `after` itself, which the server repeats, and the first of the next page.
    const maxCount = (wanted ? Math.max(MAX_SCANNED_EVENTS, limit) : limit) + 2;
    return this.withRetries(async (ms) => {
      const events: RawEvent[] = [];
      let position = after;
      let looked = 0;
      let more = false;
      await consume(
        this.client.readAll({ fromPosition, maxCount }),
        ({ event }) => {
          looked++;
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
      return { events, position, atTip: !more && looked < maxCount };
    });
  }

  async *follow(
    after: Position,
    filter: EventFilter = {},
    { signal, limit = DEFAULT_PAGE }: { signal?: AbortSignal; limit?: number } = {},
  ): AsyncIterable<Page> {
    // A signal of its own, so that no listeners pile up on one that many share.
    const stop = AbortSignal.any(signal ? [signal, this.closing.signal] : [this.closing.signal]);
    const quiet = { ms: this.deadlines.quietMs, tip: () => this.tip() };
    let position = after;
    for (let attempt = 0; !stop.aborted; attempt++) {
      try {
        for await (const page of subscribedPages(this.client, position, filter, limit, stop, quiet)) {
          attempt = 0;
          position = page.position;
          yield page;
        }
      } catch (error) {
        // A subscription is dead after its first error: another one begins where this one ended.
        if (!isOutage(error)) throw error;
        this.renewClient(error);
        this.link.markUnavailable();
        const pause = backOffMs(attempt, SHORTEST_BACK_OFF_MS, LONGEST_BACK_OFF_MS);
        await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }

  assertPosition(position: Position): void {
    logPositionOf(position);
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
      for (const leave of [...this.reads]) leave(new UnavailableError());
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

  /** Once for all calls that fail together; what still goes on over the former client may end there. */
  private renewClient(error: unknown): void {
    if (!needsNewClient(error) || this.closing.signal.aborted) return;
    if (performance.now() - this.renewedAt < RENEWAL_MS) return;
    this.renewedAt = performance.now();
    this.formerClients.push(this.client);
    this.client = this.clientOf();
  }

  /** Appends at a revision up to which none of the ids stands in the stream. */
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
    // Made before, and its answer was lost? Then it stands behind that revision.
    const fromRevision = BigInt(expected === 'none' ? 0 : expected + 1);
    const made = earlierAppendOf(await this.readStream(stream, { fromRevision }, ms), events);
    if (made) return made;
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
 * Events as they are sent: under ids of this append alone, their own in the metadata. By ids that it knows the server
 * would answer as if it had written, whatever another process has written under them.
 */
const driverEventsOf = (events: readonly EventToAppend[]) =>
  events.map(({ id, type, data, meta }) =>
    jsonEvent({ id: randomUUID(), type, data: data as JSONType, metadata: { ...meta, id } as unknown as JSONType }),
  );

const wrongRevision = (stream: string, expected: ExpectedRevision): Conflict =>
  new Conflict('log/wrong-revision', `${stream} is not at revision ${expected}, or holds a part of these events.`);

const streamDeleted = (stream: string): Refused =>
  new Refused('log/stream-deleted', `The stream ${stream} was deleted in EventStoreDB; restore it there.`);

/** The answer that an append got when it was made: exactly these ids, one after the other. */
const earlierAppendOf = (past: readonly RawEvent[], events: readonly EventToAppend[]): AppendResult | undefined => {
  const first = past.findIndex(({ id }) => id === events[0]!.id);
  const last = past[first + events.length - 1];
  const same = first >= 0 && events.every(({ id }, index) => past[first + index]?.id === id);
  return same && last ? { position: last.position, revision: last.revision, repeated: true } : undefined;
};
