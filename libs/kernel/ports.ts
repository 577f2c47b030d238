import type { EventMeta, Position } from './event';
import type { Message } from './message';
import type { ColumnType, Scalar } from './projection';
import type { Instant } from './time';

/** The time; fixed in tests. */
export abstract class Clock {
  abstract now(): Instant;
}

export const START: Position = '';

/** An event to be appended. The id makes a repeated append recognisable. */
export interface EventToAppend {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly meta: EventMeta;
}

/** An event as the log keeps it: personal fields are ciphertext. `recordedAt` never goes back. */
export interface RawEvent extends EventToAppend {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly recordedAt: Instant;
}

/**
 * Whether the server of a store answers: an outage is a state of the link to it, not a fault of what was sent. It begins
 * with the first call that is not answered and ends when the server answers a probe; nobody need call for that.
 */
export type Availability =
  | { readonly state: 'available' }
  | { readonly state: 'unavailable'; /** When the outage was noticed. */ readonly since: Instant };

/** The revision that a stream must be at: a number, `none` for a new stream, `any` for no check. */
export type ExpectedRevision = number | 'none' | 'any';
export interface AppendOptions {
  /**
   * The caller has read the stream up to `expected` and knows that none of these event ids stands there. Without it a
   * store that cannot tell by itself reads the stream first. Means nothing with `any`.
   */
  readonly checked?: boolean;
}
export interface AppendRequest extends AppendOptions {
  readonly stream: string;
  readonly events: readonly EventToAppend[];
  readonly expected: ExpectedRevision;
}
export interface AppendResult {
  /** Of the last event. */
  readonly position: Position;
  readonly revision: number;
  /** The events stood there already, by an earlier append or another process: this call has written nothing. */
  readonly repeated: boolean;
}
export interface EventFilter {
  /** Only these event types; undefined: all. */
  readonly types?: readonly string[];
}
export interface Page {
  readonly events: readonly RawEvent[];
  /** Everything up to here was looked at, also where the filter left events out. */
  readonly position: Position;
  /** True when the log had no more at that moment. */
  readonly atTip: boolean;
}

/**
 * The one place where facts are kept. Adapters: embedded SQLite, EventStoreDB; both pass `eventLogContract`.
 * Every call has a deadline, which begins when it is sent, and throws `log/unavailable` (a Conflict of nobody: retry)
 * when it passes: within six seconds, and within one where the outage is known already.
 */
export abstract class EventLog {
  /**
   * Appends all events of one stream, or none. No event id is ever written twice, whatever is expected: an append that
   * was already made (exactly these ids, one after the other) answers as then, and says so: what stands there may differ
   * from what was sent, because another process may have decided at another moment. One that repeats only some of its ids
   * is a conflict.
   * @throws Conflict `log/wrong-revision` when the stream is not at `expected`, or holds a part of the events
   * @throws Refused  `log/too-large` above the limit of the store (1 MiB an append)
   */
  abstract append(
    stream: string,
    events: readonly EventToAppend[],
    expected: ExpectedRevision,
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /** Many independent appends at once: each succeeds or fails alone; answers stand in the order of the appends. */
  abstract appendMany(appends: readonly AppendRequest[]): Promise<readonly PromiseSettledResult<AppendResult>[]>;
  /** The events of a stream from a revision on, oldest first, at most `limit`; [] when there is no such stream. */
  abstract read(stream: string, from?: number, limit?: number): Promise<readonly RawEvent[]>;
  /** The next page (at most `limit` matching events) after a position, in log order. */
  abstract readAll(after: Position, filter?: EventFilter, limit?: number): Promise<Page>;
  /** Catches up, then stays: yields pages until the signal aborts. Ends without error on abort; never skips. */
  abstract follow(
    after: Position,
    filter?: EventFilter,
    options?: { signal?: AbortSignal; limit?: number },
  ): AsyncIterable<Page>;
  /** The position of the last event; START when the log is empty. */
  abstract tip(): Promise<Position>;
  /** Is this a position that the log could have given? Asks nobody. @throws Refused `log/not-a-position` */
  abstract assertPosition(position: Position): void;
  /** The code with which every append is refused at present (no room, a clock that cannot be believed); else undefined. */
  async appendRefusal(): Promise<string | undefined> {
    return undefined;
  }
  /** What the store's own check of its files finds wrong, in its words; a server checks itself. */
  async integrityFaults(): Promise<readonly string[]> {
    return [];
  }
  /** As of now; a log of this process is always available. */
  abstract availability(): Availability;
  /** Ends what is under way (calls throw `log/unavailable`, followers end) and resolves within seconds, always. */
  abstract close(): Promise<void>;
}

/** Documents of one generation of one read model. */
export interface Collection {
  /** Read model, version and generation: `deals-v1-g1`; [a-z0-9-]. */
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
}
export interface Condition {
  readonly eq?: Scalar;
  readonly ne?: Scalar;
  readonly in?: readonly Scalar[];
  /** Comparisons never match null. */
  readonly gt?: Scalar;
  readonly gte?: Scalar;
  readonly lt?: Scalar;
  readonly lte?: Scalar;
  readonly prefix?: string;
  /** Of a column of tokens, and its only condition: one token of each of these lists is there. */
  readonly has?: readonly (readonly string[])[];
}
/**
 * A filter on a value that a row can be without, the same in every question: one of some values, none, or either.
 * Without `in` and `none` it leaves out nothing.
 */
export interface ValueFilter {
  readonly in?: readonly string[];
  /** Those without a value. */
  readonly none?: boolean;
}
/** The condition that a filter, or the one value that is wanted, puts on a column; undefined: none. */
export const conditionOf = (wanted: string | ValueFilter | undefined): Condition | undefined => {
  if (wanted === undefined || typeof wanted === 'string') return wanted === undefined ? wanted : { eq: wanted };
  if (wanted.in === undefined) return wanted.none ? { eq: null } : undefined;
  return { in: wanted.none ? [...wanted.in, null] : wanted.in };
};
/** Does a value, null or absent for none, pass a filter? */
export const passesFilter = (wanted: string | ValueFilter | undefined, value: string | null | undefined): boolean => {
  const { eq, in: among } = conditionOf(wanted) ?? {};
  const seen = value ?? null;
  return among !== undefined ? among.includes(seen) : eq === undefined || eq === seen;
};
/** The conditions of several columns; what is absent restricts nothing. */
export const conditionsOf = (wanted: Readonly<Record<string, string | ValueFilter | undefined>>): Where =>
  Object.fromEntries(
    Object.entries(wanted).flatMap(([column, value]) => {
      const condition = conditionOf(value);
      return condition === undefined ? [] : [[column, condition]];
    }),
  );
/** All columns must hold: `{ status: { eq: 'won' }, closedAt: { gte, lt } }`. Columns only, plus `id`. */
export type Where = Readonly<Record<string, Condition>>;
export interface Order {
  readonly column: string;
  readonly descending?: boolean;
}
export interface FindOptions {
  readonly where?: Where;
  /** Ties are broken by id, in the direction of the last order (ascending without one). */
  readonly orderBy?: readonly Order[];
  /** Keyset cursor: the values of the `orderBy` columns and the id of the last document seen. */
  readonly after?: { readonly values: readonly Scalar[]; readonly id: string };
  readonly limit?: number;
}
/** `{ column, edges }`: bucket i holds edges[i] ≤ value < edges[i+1], keyed by edges[i]; outside or null: null. */
export type GroupBy = string | { readonly column: string; readonly edges: readonly Instant[] };
export type Measure = 'count' | { readonly sum: string } | { readonly min: string } | { readonly max: string };
export interface Aggregation {
  readonly where?: Where;
  readonly by: readonly GroupBy[];
  readonly measures: Readonly<Record<string, Measure>>;
}
/**
 * One group: its keys in the order of `by` (nulls are a group of their own), and the measures. Null and missing values
 * are counted by `count` and passed over by the others: a sum of nothing else is 0 (sums of an integer column are exact:
 * beyond 2^53 the text of their digits), a `min` or `max` of nothing else is
 * null. (In an order null is the smallest value; it is never a minimum.)
 */
export interface AggregateGroup {
  readonly keys: readonly Scalar[];
  readonly values: Readonly<Record<string, number | string | null>>;
}
export interface Document {
  readonly id: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly doc: any;
  /** Position of the last event folded in. */
  readonly position: Position;
}
/** How far a follower of the log has come, and what it has seen: count and digest prove that nothing was missed. */
export interface Checkpoint {
  readonly position: Position;
  readonly count: number;
  /** Whose it is, and the sum of 128-bit hashes of the events' content, mod 2^128, in hex. */
  readonly digest: string;
  /** The last event that it counted, by which it tells its own log from another; none yet. */
  readonly last?: EventPlace;
  /** Where it began, if not at the start of the log: what came before is not counted. */
  readonly since?: Position;
}
/** Which event stands where in its stream. */
export interface EventPlace {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
}
/** A sequence that waits because an event of it could not be handled. */
export interface ParkedSequence {
  readonly follower: string;
  /** The document id, or for policies the stream. */
  readonly sequence: string;
  readonly position: Position;
  readonly eventId: string;
  readonly code: string;
  readonly message: string;
}
export interface Commit {
  /** Document writes of a page; a document whose stored position is not older is left as it is. */
  readonly writes?: {
    readonly collection: Collection;
    readonly documents: readonly Document[];
    readonly fresh?: boolean;
    /** Ids of documents that go, whatever their position, once the others are written; one that is not there is no fault. */
    readonly removed?: readonly string[];
  };
  readonly follower: string;
  readonly checkpoint: Checkpoint;
  readonly parked?: readonly ParkedSequence[];
  /** Sequences of the follower that wait no more. */
  readonly unparked?: readonly string[];
  /** The writer's lease; a commit with an older token than the newest granted is refused. */
  readonly fence: Fence;
}
export interface Fence {
  readonly lease: string;
  readonly token: number;
}

/**
 * The read side's store. Adapters: embedded SQLite, MongoDB, memory; all pass `documentsContract`. null and missing
 * are the same value, the smallest: first ascending, last descending, a group of its own.
 */
export abstract class Documents {
  /**
   * Creates what the collection needs (tables, indexes); safe to repeat.
   * @throws Conflict `documents/generation-dropped`
   */
  abstract prepare(collection: Collection): Promise<void>;
  abstract getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>>;
  abstract find(collection: Collection, find?: FindOptions): Promise<readonly Document[]>;
  abstract count(collection: Collection, where?: Where): Promise<number>;
  abstract aggregate(collection: Collection, aggregate: Aggregation): Promise<readonly AggregateGroup[]>;
  /**
   * Writes documents, parked sequences and, last, the checkpoint. `fresh`: the documents are known to be new (rebuild).
   * @throws Conflict `documents/lease-lost` when the fence is older than the newest token of that lease
   * @throws Conflict `documents/generation-dropped` when the follower or the collection was dropped
   */
  abstract commit(commit: Commit): Promise<void>;
  abstract checkpoint(follower: string): Promise<Checkpoint | undefined>;
  abstract parked(follower?: string): Promise<readonly ParkedSequence[]>;
  abstract unpark(follower: string, sequence: string): Promise<void>;
  /** The generation that queries of a read model use; undefined before the first. */
  abstract active(projection: string): Promise<string | undefined>;
  abstract activate(projection: string, generation: string): Promise<void>;
  /**
   * Removes a generation with its documents, checkpoint and parked sequences, for ever: whoever still writes it, late,
   * is refused, and its name is not used again.
   */
  abstract drop(generation: string): Promise<void>;
  /** The generations that exist, with documents or a checkpoint. */
  abstract generations(): Promise<readonly string[]>;
  /** The generation in use of each read model that has one. */
  abstract actives(): Promise<ReadonlyMap<string, string>>;
  /**
   * Raises the beat of a process: a number that others watch. No store looks at a clock for it.
   * @param holder `host:pid:random`, used by one process only; @param begins there is none yet, or it is not known
   * @returns the number; undefined where somebody has ended the beat: its process holds nothing any more, for ever
   */
  abstract renewLeases(holder: string, begins: boolean): Promise<number | undefined>;
  /**
   * Ends the beat of a process, where it still stands at that number; without one, whatever it stands at. What the
   * process held is then free. @returns did this call end it?
   */
  abstract endHeartbeat(holder: string, number?: number): Promise<boolean>;
  /**
   * Takes a lease that nobody holds whose beat goes on: a fence whose token rises with every change of holder. The holder
   * gets its own again; undefined while another holds it.
   */
  abstract lease(lease: string, holder: string): Promise<Fence | undefined>;
  abstract release(lease: string, holder: string): Promise<void>;
  /** The leases that are held, by whom, and how far their heartbeats have come. */
  abstract leases(): Promise<ReadonlyMap<string, { readonly holder: string; readonly heartbeat: number }>>;
  /** What the store's own check of its files finds wrong, in its words; a server checks itself. */
  async integrityFaults(): Promise<readonly string[]> {
    return [];
  }
  /** As of now; a store of this process is always available. */
  abstract availability(): Availability;
  /** Resolves within seconds, always. */
  abstract close(): Promise<void>;
}

/**
 * One data key per data subject, and named secrets that can be rotated; wrapped by a master key. Adapters: embedded
 * file, MongoDB, memory; all pass `keyStoreContract`.
 */
export abstract class KeyStore {
  /** The 32-byte keys of the subjects, made where absent. @throws Refused `keys/erased` for a destroyed one */
  abstract make(subjects: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** The keys that were made, null for a destroyed one; a subject that the store never heard of is left out. */
  abstract find(subjects: readonly string[]): Promise<ReadonlyMap<string, Buffer | null>>;
  /** Forgets a subject for ever: its key is gone and none is made again. */
  abstract destroy(subject: string): Promise<void>;
  /** The newest version of a named secret of 32 bytes, made at first use. */
  abstract secret(name: string): Promise<{ readonly version: number; readonly value: Buffer }>;
  /** All versions of a named secret, newest first. */
  abstract secrets(name: string): Promise<readonly { readonly version: number; readonly value: Buffer }[]>;
  /** The same; the first is made where there is none. */
  async ensureSecrets(name: string): ReturnType<KeyStore['secrets']> {
    const known = await this.secrets(name);
    return known.length > 0 ? known : [await this.secret(name)];
  }
  abstract rotate(name: string): Promise<{ readonly version: number; readonly value: Buffer }>;
  /** What the store's own check of its files finds wrong, in its words; a server checks itself. */
  async integrityFaults(): Promise<readonly string[]> {
    return [];
  }
  /** As of now; a store of this process is always available. */
  abstract availability(): Availability;
  /** Resolves within seconds, always. */
  abstract close(): Promise<void>;
}

/** Brings messages to one other system. Adapters pass `outboundContract`. */
export abstract class Outbound {
  /**
   * Hands a message over. It may be handed over again under the same id, after a crash or an answer that was lost: the
   * target must then not act twice, and the answer is that of the first time.
   * @param signal aborts when nobody waits for the answer any more
   * @returns what the target calls it, if it says so
   * @throws Refused when it will never be taken; anything else means that it is tried again later
   */
  abstract send(message: Message, signal: AbortSignal): Promise<string | undefined>;
}
