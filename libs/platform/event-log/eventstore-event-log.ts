import { randomUUID } from 'node:crypto';
import {
  ANY,
  BACKWARDS,
  END,
  EventStoreDBClient,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
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
  type Append,
  type Appended,
  type Expected,
  type Filter,
  type NewEvent,
  type Page,
  type Position,
  type StoredEvent,
} from '@baton/kernel';
import {
  backOff,
  consume,
  isOutage,
  isSystem,
  logPositionOf,
  needsNewClient,
  positionIn,
  positionOf,
  stored,
  throughOutages,
  withDeadline,
  type Client,
} from './eventstore-client';
import { subscribedPages } from './eventstore-subscription';

const DEFAULT_PAGE = 2000;
const FILTERED_SCAN = 20_000; // events that one page of a filtered read may look at
const IN_FLIGHT = 64; // streams that `appendMany` writes to at once
const CALL_MS = 5_000; // one append
const READ_MS = 30_000; // one page, or one stream
const TOTAL_MS = 30_000; // all repetitions of one call
const QUIET_MS = 15_000; // after so long without a word the end of the log is compared
const RENEWAL_MS = 1_000; // between two clients of the driver
const PING_MS = 10_000; // how often a connection in use is tried, and how long its answer may take
const SEARCHED_BACK = 1_000; // events of a stream in which a repeated append with `any` looks for itself

/** How long things may take, in milliseconds. */
export interface Deadlines {
  /** One append. */
  readonly callMs: number;
  /** One page, or one stream. */
  readonly readMs: number;
  /** All repetitions of one call; what is under way then still ends by its own deadline. */
  readonly totalMs: number;
  /** A subscription without a word. */
  readonly quietMs: number;
}
const usual: Deadlines = { callMs: CALL_MS, readMs: READ_MS, totalMs: TOTAL_MS, quietMs: QUIET_MS };

/**
 * The log in EventStoreDB. `recordedAt` is the server's clock. An append whose answer was lost is sent again with the
 * same expectation and looks for its ids where that fails, so it happens once.
 */
export class EventStoreEventLog extends EventLog {
  private readonly closing = new AbortController();
  private readonly deadlines: Deadlines;
  private client: Client;
  private readonly former: Client[] = [];
  private renewedAt = -Infinity;

  /** @param clientOf gives a client of the driver, which reconnects by itself where it notices that it must */
  constructor(
    private readonly clientOf: () => Client,
    deadlines: Partial<Deadlines> = {},
  ) {
    super();
    this.deadlines = { ...usual, ...deadlines };
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
      throw new Refused('config/invalid', 'EVENTSTORE_URL is no connection string of EventStoreDB.', 'EVENTSTORE_URL');
    }
  }

  async append(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended> {
    if (events.length === 0) throw new Error(`nothing to append to ${stream}`);
    // Ids of this call alone: by known ids the server would answer as if it had written, whatever stands there.
    const batch = events.map(({ id, type, data, meta }) =>
      jsonEvent({ id: randomUUID(), type, data: data as JSONType, metadata: { ...meta, id } as unknown as JSONType }),
    );
    const expectedRevision: AppendExpectedRevision =
      expected === 'none' ? NO_STREAM : expected === 'any' ? ANY : BigInt(expected);
    return this.repeat(async () => {
      // Only a stream that must be new cannot hold them already.
      const before = expected === 'none' ? undefined : await this.find(stream, events, 'any');
      if (before) return before;
      try {
        const options = { expectedRevision, deadline: this.deadlines.callMs };
        const answer = await withDeadline(
          this.client.appendToStream(stream, batch, options),
          this.deadlines.callMs + 1000,
        );
        if (answer.success && answer.position)
          return {
            position: positionOf(answer.position),
            revision: Number(answer.nextExpectedRevision),
            repeated: false,
          };
      } catch (error) {
        if (error instanceof MaxAppendSizeExceededError)
          throw new Refused('log/too-large', 'One append holds at most 1 MiB; send fewer events.');
        if (!(error instanceof WrongExpectedVersionError)) throw error;
      }
      const made = await this.find(stream, events, expected);
      if (made) return made;
      throw new Conflict('log/wrong-revision', `${stream} is not at revision ${expected}.`);
    });
  }

  async appendMany(appends: readonly Append[]): Promise<readonly PromiseSettledResult<Appended>[]> {
    const results: PromiseSettledResult<Appended>[] = new Array<PromiseSettledResult<Appended>>(appends.length);
    const streams = new Map<string, number[]>();
    appends.forEach(({ stream }, index) => streams.set(stream, [...(streams.get(stream) ?? []), index]));
    const waiting = [...streams.values()];
    const worker = async () => {
      for (let indexes = waiting.shift(); indexes; indexes = waiting.shift())
        for (const index of indexes) {
          const { stream, events, expected } = appends[index]!;
          [results[index]] = (await Promise.allSettled([this.append(stream, events, expected)])) as [
            PromiseSettledResult<Appended>,
          ];
        }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return results;
  }

  async read(stream: string, from = 0): Promise<readonly StoredEvent[]> {
    return this.repeat(() => this.readStream(stream, { fromRevision: BigInt(from) }));
  }

  async readAll(after: Position, filter: Filter = {}, limit = DEFAULT_PAGE): Promise<Page> {
    const fromPosition = logPositionOf(after);
    const wanted = filter.types && new Set(filter.types);
    // Two more than the page: the event at `after` itself, which the server repeats, and the first of the next page.
    const maxCount = (wanted ? Math.max(FILTERED_SCAN, limit) : limit) + 2;
    return this.repeat(async () => {
      const events: StoredEvent[] = [];
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
          if (matches) events.push(stored(event));
          return true;
        },
        this.deadlines.readMs,
      );
      return { events, position, atTip: !more && looked < maxCount };
    });
  }

  async *follow(
    after: Position,
    filter: Filter = {},
    { signal, limit = DEFAULT_PAGE }: { signal?: AbortSignal; limit?: number } = {},
  ): AsyncIterable<Page> {
    const stop = signal ? AbortSignal.any([signal, this.closing.signal]) : this.closing.signal;
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
        this.renew(error);
        await backOff(attempt, stop);
      }
    }
  }

  async tip(): Promise<Position> {
    return this.repeat(async () => {
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
          this.deadlines.readMs,
        );
        const stuck = lowest === undefined || (from !== END && positionOf(lowest) >= positionOf(from));
        if (found !== START || stuck) return found;
        from = lowest!;
      }
    });
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await Promise.all([...this.former, this.client].map((client) => client.dispose()));
  }

  private repeat<T>(call: (attempt: number) => Promise<T>): Promise<T> {
    const tried = async (attempt: number): Promise<T> => {
      try {
        return await call(attempt);
      } catch (error) {
        this.renew(error);
        throw error;
      }
    };
    return throughOutages(tried, this.deadlines.totalMs, this.closing.signal);
  }

  /** Once for all calls that fail together; what still goes on over the former client may end there. */
  private renew(error: unknown): void {
    if (!needsNewClient(error) || this.closing.signal.aborted) return;
    if (performance.now() - this.renewedAt < RENEWAL_MS) return;
    this.renewedAt = performance.now();
    this.former.push(this.client);
    this.client = this.clientOf();
  }

  /** @returns the answer of an append that was made already: exactly these ids, one after the other, where expected */
  private async find(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended | undefined> {
    const past =
      expected === 'any'
        ? (
            await this.readStream(stream, { fromRevision: END, direction: BACKWARDS, maxCount: SEARCHED_BACK })
          ).reverse()
        : await this.readStream(stream, {
            fromRevision: BigInt(expected === 'none' ? 0 : expected + 1),
            maxCount: events.length,
          });
    const first = past.findIndex(({ id }) => id === events[0]!.id);
    const last = past[first + events.length - 1];
    const same = first >= 0 && events.every(({ id }, index) => past[first + index]?.id === id);
    return same && last ? { position: last.position, revision: last.revision, repeated: true } : undefined;
  }

  private async readStream(stream: string, options: Parameters<Client['readStream']>[1]): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    try {
      await consume(
        this.client.readStream(stream, options),
        ({ event }) => {
          if (event) events.push(stored(event));
          return true;
        },
        this.deadlines.readMs,
      );
    } catch (error) {
      if (!(error instanceof StreamNotFoundError || error instanceof StreamDeletedError)) throw error;
    }
    return events;
  }
}
