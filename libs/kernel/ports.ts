import type { EventMeta, Position } from './event';
import type { Message } from './message';
import type { ColumnType, Scalar, Index, Order } from './projection';
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
 * Whether the server of a store answers. An outage is a state of the connection, not an error of what was sent. It
 * begins with the first call that gets no answer and ends when the server answers a probe; no caller is needed for
 * that.
 */
export type Availability =
  | { readonly state: 'available' }
  | { readonly state: 'unavailable'; /** When the outage was noticed. */ readonly since: Instant };

/** The revision that a stream must be at: a number, `none` for a new stream, `any` for no check. */
export type ExpectedRevision = number | 'none' | 'any';
export interface AppendOptions {
  /**
   * The caller has read the stream up to `expected` and knows that none of these event ids is in it. Otherwise a store
   * that cannot tell reads the stream first. Ignored with `any`.
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
  /** The events were already in the log, from an earlier append or another process; this call wrote nothing. */
  readonly repeated: boolean;
}
export interface EventFilter {
  /** Only these event types; undefined: all. */
  readonly types?: readonly string[];
}
export interface Page {
  readonly events: readonly RawEvent[];
  /** Everything up to here was read, including events that the filter left out. */
  readonly position: Position;
  /** True when the log had no more at that moment. */
  readonly atTip: boolean;
}

/**
 * The event log. Adapters: embedded SQLite, EventStoreDB; both pass `eventLogContract`. Every call has a deadline that
 * starts when it is sent, and throws Conflict `log/unavailable` when it passes: within six seconds, or within one
 * during a known outage. Retry then.
 */
export abstract class EventLog {
  /**
   * Appends all events of one stream, or none. No event id is ever written twice, whatever is expected: repeating an
   * append (exactly these ids, one after the other) returns the first result with `repeated`. The stored events may
   * differ from those sent, because another process may have decided at another moment. Repeating only some of the ids
   * is a conflict.
   * @throws Conflict `log/wrong-revision` if the stream is not at `expected`, or holds a part of the events
   * @throws Refused `log/too-large` above the limit of the store (1 MiB per append)
   */
  abstract append(
    stream: string,
    events: readonly EventToAppend[],
    expected: ExpectedRevision,
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /**
   * Appends at the end of a stream, wherever that is, for a caller who waits for no place in the log. Once it resolves, no
   * crash of the process loses the events; a power cut may lose those of the last tenth of a second. A store may gather
   * them for a second before it appends them; whoever asks this log for the stream, a page or the tip before that
   * finds them there. Their ids are new, and reads of one caller are merged (`mergeReads`).
   * @throws Conflict `log/unavailable`, also while what was deferred before cannot be appended
   */
  async appendDeferred(stream: string, events: readonly EventToAppend[]): Promise<void> {
    await this.append(stream, events, 'any');
  }
  /**
   * Appends what is deferred, by other processes too, for whoever must not miss any of it: other calls read what there is
   * without that of others, and without what cannot be appended now.
   * @throws Conflict `log/unavailable` if it cannot be appended
   */
  async flush(): Promise<void> {}
  /** Many independent appends at once. Each succeeds or fails by itself; results are in the order of the appends. */
  abstract appendMany(appends: readonly AppendRequest[]): Promise<readonly PromiseSettledResult<AppendResult>[]>;
  /** The events of a stream from a revision on, oldest first, at most `limit`; [] when there is no such stream. */
  abstract read(stream: string, from?: number, limit?: number): Promise<readonly RawEvent[]>;
  /** The revision of the last event of a stream, without reading those before; undefined when there is no such stream. */
  abstract revisionOf(stream: string): Promise<number | undefined>;
  /** The next page (at most `limit` matching events) after a position, in log order. */
  abstract readAll(after: Position, filter?: EventFilter, limit?: number): Promise<Page>;
  /**
   * Yields pages from a position on, and keeps waiting for new events until the signal aborts. Ends without error on
   * abort; never skips an event.
   */
  abstract follow(
    after: Position,
    filter?: EventFilter,
    options?: { signal?: AbortSignal; limit?: number },
  ): AsyncIterable<Page>;
  /** The position of the last event; START when the log is empty. */
  abstract tip(): Promise<Position>;
  /**
   * Checks that a position has the form of this log, without a call.
   * @param path the place of the position in what was asked; `position` by default
   * @throws Refused `log/not-a-position` with that place
   */
  abstract assertPosition(position: Position, path?: string): void;
  /**
   * The code with which every append is refused at present (disk full, clock jumped); undefined if appends are taken.
   */
  async appendRefusal(): Promise<string | undefined> {
    return undefined;
  }
  /** Faults that the store finds in its own files, in the words of the store; servers check themselves. */
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
  /** By default one for each column. */
  readonly indexes?: readonly Index[];
}
export interface Condition {
  readonly eq?: Scalar;
  readonly ne?: Scalar;
  readonly in?: readonly Scalar[];
  /** None of these; null is none of them, unless it is listed. */
  readonly notIn?: readonly Scalar[];
  /** Null matches too, whatever the other conditions. */
  readonly orNull?: boolean;
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
 * A filter on a value that a row may lack. All given parts must match; an empty filter matches everything. Rows without
 * a value match `notIn`, and nothing else but `none`.
 */
export interface ValueFilter {
  /** One of these. */
  readonly in?: readonly string[];
  /** None of these. */
  readonly notIn?: readonly string[];
  readonly startsWith?: string;
  /** True: rows without a value too, alone only those. False: none of those. */
  readonly none?: boolean;
}
/** With or without rows that lack a value. */
export const withNone = (condition: Condition, none: boolean | undefined): Condition => {
  if (none === undefined) return condition;
  if (!none) return { ...condition, ne: null };
  return Object.keys(condition).length === 0 ? { eq: null } : { ...condition, orNull: true };
};
/** The column condition of a filter, or of a single value; undefined for no condition. */
export const conditionOf = (filter: string | ValueFilter | undefined): Condition | undefined => {
  if (filter === undefined || typeof filter === 'string') return filter === undefined ? filter : { eq: filter };
  const { in: among, notIn, startsWith, none } = filter;
  const condition = withNone(
    { ...(among && { in: among }), ...(notIn && { notIn }), ...(startsWith !== undefined && { prefix: startsWith }) },
    none,
  );
  return Object.keys(condition).length === 0 ? undefined : condition;
};
/** True if a value (null or undefined for none) passes a filter. */
export const passesFilter = (filter: string | ValueFilter | undefined, value: string | null | undefined): boolean => {
  if (filter === undefined || typeof filter === 'string') return filter === undefined || filter === value;
  const { in: among, notIn, startsWith, none } = filter;
  if (value === null || value === undefined) return none ?? (among === undefined && startsWith === undefined);
  if (none && among === undefined && notIn === undefined && startsWith === undefined) return false;
  return (
    (among === undefined || among.includes(value)) &&
    !notIn?.includes(value) &&
    (startsWith === undefined || value.startsWith(startsWith))
  );
};
/** The conditions of several columns; undefined filters are left out. */
export const conditionsOf = (filters: Readonly<Record<string, string | ValueFilter | undefined>>): Where =>
  Object.fromEntries(
    Object.entries(filters).flatMap(([column, value]) => {
      const condition = conditionOf(value);
      return condition === undefined ? [] : [[column, condition]];
    }),
  );
/**
 * All columns must hold: `{ status: { eq: 'won' }, closedAt: { gte, lt } }`, and of a list of conditions each. Columns
 * only, plus `id`.
 */
export type Where = Readonly<Record<string, Condition | readonly Condition[]>>;
export interface FindOptions {
  readonly where?: Where;
  /** Ties are broken by id, in the direction of the last order (ascending without one). */
  readonly orderBy?: readonly Order[];
  /** Keyset cursor: the values of the `orderBy` columns and the id of the last document seen. */
  readonly after?: { readonly values: readonly Scalar[]; readonly id: string };
  readonly limit?: number;
  /** The fields of the documents that are needed: others, and those that are null, may be absent. All without it. */
  readonly fields?: readonly string[];
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
 * One group: its keys in the order of `by` (null is a group of its own), and the measures. `count` counts rows with
 * null; the other measures ignore them. A sum over nothing is 0; a `min` or `max` over nothing is null. Sums of integer
 * columns are exact: beyond 2^53 they are a string of digits. (In sort orders null is the smallest value; it is never a
 * minimum.)
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
/**
 * How far a follower of the log is, with a count and a digest of the events it has seen, to prove that none was missed.
 */
export interface Checkpoint {
  readonly position: Position;
  readonly count: number;
  /** The owner, and the sum of the 128-bit hashes of the events, mod 2^128, in hex. */
  readonly digest: string;
  /** The last counted event, by which a follower recognises its own log; absent before the first. */
  readonly last?: EventPlace;
  /** The position after which it began, if not at the start of the log; earlier events are not counted. */
  readonly since?: Position;
}
/** The place of an event in its stream. */
export interface EventPlace {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
}
/** A sequence of events that waits because one of them could not be handled. */
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
  /** Document writes of a page. A document whose stored position is not older is left unchanged. */
  readonly writes?: {
    readonly collection: Collection;
    /** They are written as they come, so that they need not be in memory at once. */
    readonly documents: Iterable<Document>;
    readonly fresh?: boolean;
    /**
     * Ids of documents to remove after the writes, whatever their position; missing ones are ignored. Read after the
     * documents.
     */
    readonly removed?: readonly string[];
  };
  readonly follower: string;
  readonly checkpoint: Checkpoint;
  readonly parked?: readonly ParkedSequence[];
  /** Sequences of the follower that no longer wait. */
  readonly unparked?: readonly string[];
  /** The lease of the writer; a commit with a token older than the newest granted is refused. */
  readonly fence: Fence;
  /** It removes personal data: what it replaces must soon be in no file of the store any more, such as its journal. */
  readonly forgets?: boolean;
}
export interface Fence {
  readonly lease: string;
  readonly token: number;
}

/**
 * The store of the read models. Adapters: embedded SQLite, MongoDB, memory; all pass `documentsContract`. null and
 * missing are the same value, the smallest: first ascending, last descending, a group of its own.
 */
export abstract class Documents {
  /**
   * Creates what the collection lacks (tables, indexes); safe to repeat.
   * @throws Conflict `documents/generation-dropped`
   */
  abstract prepare(collection: Collection): Promise<void>;
  abstract getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>>;
  abstract find(collection: Collection, find?: FindOptions): Promise<readonly Document[]>;
  abstract count(collection: Collection, where?: Where): Promise<number>;
  abstract aggregate(collection: Collection, aggregate: Aggregation): Promise<readonly AggregateGroup[]>;
  /**
   * Writes documents, parked sequences and, last, the checkpoint. `fresh`: the documents are known to be new (rebuild); a
   * collection that only has such may lack indexes until `prepare`.
   * @throws Conflict `documents/lease-lost` if the fence is older than the newest token of that lease
   * @throws Conflict `documents/generation-dropped` if the follower or the collection was dropped
   */
  abstract commit(commit: Commit): Promise<void>;
  abstract checkpoint(follower: string): Promise<Checkpoint | undefined>;
  abstract parked(follower?: string): Promise<readonly ParkedSequence[]>;
  abstract unpark(follower: string, sequence: string): Promise<void>;
  /** The generation that queries of a read model use; undefined before the first. */
  abstract active(projection: string): Promise<string | undefined>;
  abstract activate(projection: string, generation: string): Promise<void>;
  /**
   * Removes a generation with its documents, checkpoint and parked sequences for good. Late writes to it are refused,
   * and its name is never used again.
   */
  abstract drop(generation: string): Promise<void>;
  /** The generations that exist, with documents or a checkpoint. */
  abstract generations(): Promise<readonly string[]>;
  /** The generation in use of each read model that has one. */
  abstract actives(): Promise<ReadonlyMap<string, string>>;
  /**
   * Increments the heartbeat of a process: a number that other processes watch. No clock of the store is involved.
   * @param holder `host:pid:random`, used by one process only; @param begins there is no heartbeat yet, or it is not
   *   known
   * @returns the number; undefined if another process ended the heartbeat: then this holder has no leases any more, for
   *   good
   */
  abstract renewLeases(holder: string, begins: boolean): Promise<number | undefined>;
  /**
   * Ends the heartbeat of a process if it is still at `number`, or at any number without one. The leases of the process
   * are then free. @returns true if this call ended it
   */
  abstract endHeartbeat(holder: string, number?: number): Promise<boolean>;
  /**
   * Takes a lease unless a holder with a running heartbeat has it. The token of the fence rises with every change of
   * holder. The same holder gets its own lease again; undefined while another one holds it.
   */
  abstract lease(lease: string, holder: string): Promise<Fence | undefined>;
  abstract release(lease: string, holder: string): Promise<void>;
  /** The leases with a holder, and the heartbeat of the holder. */
  abstract leases(): Promise<ReadonlyMap<string, { readonly holder: string; readonly heartbeat: number }>>;
  /**
   * Documents that queries see with other values than they have: in a column, or by a token. Each is compared by itself, so
   * that it may be called while others write.
   * @returns the first ids, at most so many; a token may also belong to an id without a document
   */
  abstract differingColumns(collection: Collection, limit: number): Promise<readonly string[]>;
  /** Faults that the store finds in its own files, in the words of the store; servers check themselves. */
  async integrityFaults(): Promise<readonly string[]> {
    return [];
  }
  /** As of now; a store of this process is always available. */
  abstract availability(): Availability;
  /** Resolves within seconds, always. */
  abstract close(): Promise<void>;
}

/**
 * One data key per person, and named secrets that can be rotated, all wrapped by a master key. Adapters: embedded file,
 * MongoDB, memory; all pass `keyStoreContract`.
 */
export abstract class KeyStore {
  /** The 32-byte keys of the subjects, created if missing. @throws Refused `keys/erased` for a destroyed key */
  abstract make(subjects: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** The existing keys, null for a destroyed one; unknown subjects are left out. */
  abstract find(subjects: readonly string[]): Promise<ReadonlyMap<string, Buffer | null>>;
  /** Destroys the key of a subject for good; no new one is ever created. */
  abstract destroy(subject: string): Promise<void>;
  /** The newest version of a named secret of 32 bytes, created at first use. */
  abstract secret(name: string): Promise<{ readonly version: number; readonly value: Buffer }>;
  /** All versions of a named secret, newest first. */
  abstract secrets(name: string): Promise<readonly { readonly version: number; readonly value: Buffer }[]>;
  /** All versions of a named secret, newest first; the first is created if there is none. */
  async ensureSecrets(name: string): ReturnType<KeyStore['secrets']> {
    const known = await this.secrets(name);
    return known.length > 0 ? known : [await this.secret(name)];
  }
  abstract rotate(name: string): Promise<{ readonly version: number; readonly value: Buffer }>;
  /**
   * Wraps every key with the newest master key, while other processes use the store. After an interruption it is called
   * again. @returns how many were wrapped with another one
   */
  abstract rewrap(): Promise<number>;
  /** Faults that the store finds in its own files, in the words of the store; servers check themselves. */
  async integrityFaults(): Promise<readonly string[]> {
    return [];
  }
  /** As of now; a store of this process is always available. */
  abstract availability(): Availability;
  /** Resolves within seconds, always. */
  abstract close(): Promise<void>;
}

/** Delivers messages to one other system. Adapters pass `outboundContract`. */
export abstract class Outbound {
  /**
   * Delivers a message. It may be delivered again under the same id, after a crash or a lost answer; the target must
   * then not act twice and return the first answer.
   * @param signal aborts when the caller no longer waits
   * @returns the id that the target gave the message, if any
   * @throws Refused if the target will never take it; after any other error it is tried again later
   */
  abstract send(message: Message, signal: AbortSignal): Promise<string | undefined>;
}
