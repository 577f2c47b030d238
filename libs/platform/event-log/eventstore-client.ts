import {
  CancelledError,
  DeadlineExceededError,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
  type EventStoreDBClient,
  type Position as LogPosition,
  type StreamingRead,
} from '@eventstore/db-client';
import {
  Refused,
  START,
  type EventMeta,
  type Instant,
  type EventToAppend,
  type Position,
  type RawEvent,
} from '@baton/kernel';
import { watchSilence } from '../link';

/** The part of the driver that the log uses. */
export type Client = Pick<
  EventStoreDBClient,
  'appendToStream' | 'readStream' | 'readAll' | 'subscribeToAll' | 'dispose'
>;

/** An event as the driver returns it. */
export interface ServerEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly streamId: string;
  readonly revision: bigint;
  readonly created: Date;
  readonly position?: LogPosition;
}

const BATCH_BYTES = 512 * 1024;
const DIGITS = 20; // of the largest 64-bit number
const OUTAGES = [CancelledError, DeadlineExceededError, NotLeaderError, TimeoutError, UnavailableError];
const OUTAGE_CODES = [1, 4, 13, 14]; // gRPC: cancelled, deadline exceeded, internal (a broken stream), unavailable

/** Whether the server did not answer. The call may or may not have been carried out. */
export const isOutage = (error: unknown): boolean =>
  OUTAGES.some((kind) => error instanceof kind) ||
  OUTAGE_CODES.includes((error as { readonly code?: number } | undefined)?.code ?? -1);

/**
 * Whether the client must be replaced: it caches a broken answer to its request for the server's features and fails
 * from then on.
 */
export const needsNewClient = (error: unknown): boolean =>
  (error as { readonly code?: number } | undefined)?.code === 13;

/** The running reads; each function ends one with an error. */
export type OpenReads = Set<(error: Error) => void>;

/**
 * Passes the items of a read to `each` until it returns false. A read that ends early is cancelled and still read to
 * its end, because the driver does not release a stream that is not.
 * @param ms how long the server may send nothing before the read fails; the driver has no deadline for reads
 */
export const consume = <T>(
  read: StreamingRead<T>,
  each: (item: T) => boolean,
  ms: number,
  reads: OpenReads,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let ended = false;
    const end = (settle: () => void) => {
      if (ended) return;
      ended = true;
      watch.end();
      reads.delete(failWith);
      settle();
    };
    const cancel = (settle: () => void) => {
      end(settle);
      void read.cancel().catch(() => undefined);
    };
    const failWith = (error: Error) => cancel(() => reject(error));
    const watch = watchSilence(ms, () => failWith(new DeadlineExceededError()));
    reads.add(failWith);
    read
      .on('data', (item: T) => {
        if (ended) return;
        watch.heard();
        try {
          if (!each(item)) cancel(resolve);
        } catch (error) {
          failWith(error as Error);
        }
      })
      .on('end', () => end(resolve))
      .on('error', (error: Error) => end(() => reject(error))); // stays: a late error must not end the process
  });

/** The server's own events and links. */
export const isSystem = ({ type, streamId }: ServerEvent): boolean => type.startsWith('$') || streamId.startsWith('$');

export const positionOf = ({ commit, prepare }: LogPosition): Position =>
  `${String(commit).padStart(DIGITS, '0')}-${String(prepare).padStart(DIGITS, '0')}`;

/** @throws Refused `log/not-a-position` */
export const logPositionOf = (position: Position, path = 'position'): LogPosition | 'start' => {
  if (position === START) return 'start';
  const [, commit, prepare] = /^(\d{20})-(\d{20})$/.exec(position) ?? [];
  if (!commit || !prepare)
    throw new Refused('log/not-a-position', `${path} must be a position that this log returned.`, path);
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
};

export const positionIn = ({ position, id }: ServerEvent): Position => {
  if (!position) throw new Error(`event ${id} came without a position; EventStoreDB 22.6 or newer is needed`);
  return positionOf(position);
};

/** The event with its own id, which is stored in its metadata: the server's id is new for each append. */
export const rawEventOf = (event: ServerEvent): RawEvent => {
  const { id, ...meta } = (event.metadata ?? {}) as EventMeta & { readonly id?: string };
  return {
    id: id ?? event.id,
    type: event.type,
    data: event.data,
    meta,
    position: positionIn(event),
    stream: event.streamId,
    revision: Number(event.revision),
    recordedAt: event.created.toISOString() as Instant,
  };
};

/** One append of `appendCopies`. */
export interface Batch {
  readonly stream: string;
  readonly expected: number | 'none';
  readonly events: EventToAppend[];
  /** The revision after its last event. */
  next: number;
  bytes: number;
}

/** Joins neighbouring events of one stream into one append, below the size limit of the server. */
export const batchesOf = (events: readonly RawEvent[]): Batch[] => {
  const batches: Batch[] = [];
  for (const { stream, revision, id, type, data, meta } of events) {
    const bytes = Buffer.byteLength(JSON.stringify([data, meta]));
    const batch = batches.at(-1);
    if (batch?.stream === stream && batch.next === revision && batch.bytes + bytes <= BATCH_BYTES) {
      batch.events.push({ id, type, data, meta });
      batch.next++;
      batch.bytes += bytes;
    } else {
      const expected = revision === 0 ? ('none' as const) : revision - 1;
      batches.push({ stream, expected, events: [{ id, type, data, meta }], next: revision + 1, bytes });
    }
  }
  return batches;
};
