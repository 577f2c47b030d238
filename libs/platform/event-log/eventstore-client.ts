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

/** What the log needs of the driver. */
export type Client = Pick<
  EventStoreDBClient,
  'appendToStream' | 'readStream' | 'readAll' | 'subscribeToAll' | 'dispose'
>;

/** An event as the driver gives it. */
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

/** Did the server not answer? What was sent may or may not have been done. */
export const isOutage = (error: unknown): boolean =>
  OUTAGES.some((kind) => error instanceof kind) ||
  OUTAGE_CODES.includes((error as { readonly code?: number } | undefined)?.code ?? -1);

/** Broken in the middle: when the driver asked what the server can do, it remembers this failure for ever. */
export const needsNewClient = (error: unknown): boolean =>
  (error as { readonly code?: number } | undefined)?.code === 13;

/** The reads that are under way, each with what ends it. */
export type OpenReads = Set<(error: Error) => void>;

/**
 * Hands the items of a read to `each` until it returns false. Nothing of the read outlives that: a stream that is left
 * early is cancelled and flows out, because the driver cannot let go of one that nobody reads to its end.
 * @param ms without an item after which the server is taken to be away; the driver gives reads no deadline
 */
export const consume = <T>(
  read: StreamingRead<T>,
  each: (item: T) => boolean,
  ms: number,
  reads: OpenReads,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let over = false;
    const end = (settle: () => void) => {
      if (over) return;
      over = true;
      watch.end();
      reads.delete(leaveWith);
      settle();
    };
    const leave = (settle: () => void) => {
      end(settle);
      void read.cancel().catch(() => undefined);
    };
    const leaveWith = (error: Error) => leave(() => reject(error));
    const watch = watchSilence(ms, () => leaveWith(new DeadlineExceededError()));
    reads.add(leaveWith);
    read
      .on('data', (item: T) => {
        if (over) return;
        watch.heard();
        try {
          if (!each(item)) leave(resolve);
        } catch (error) {
          leaveWith(error as Error);
        }
      })
      .on('end', () => end(resolve))
      .on('error', (error: Error) => end(() => reject(error))); // it stays: a late one must not end the process
  });

/** The server's own events and links. */
export const isSystem = ({ type, streamId }: ServerEvent): boolean => type.startsWith('$') || streamId.startsWith('$');

export const positionOf = ({ commit, prepare }: LogPosition): Position =>
  `${String(commit).padStart(DIGITS, '0')}-${String(prepare).padStart(DIGITS, '0')}`;

/** @throws Refused `log/not-a-position` */
export const logPositionOf = (position: Position): LogPosition | 'start' => {
  if (position === START) return 'start';
  const [, commit, prepare] = /^(\d{20})-(\d{20})$/.exec(position) ?? [];
  if (!commit || !prepare)
    throw new Refused('log/not-a-position', 'position must be a position that this log returned.', 'position');
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
};

export const positionIn = ({ position, id }: ServerEvent): Position => {
  if (!position) throw new Error(`event ${id} came without a position; EventStoreDB 22.6 or newer is needed`);
  return positionOf(position);
};

/** The event with its own id, which is kept in its metadata: that of the server only names the call that wrote it. */
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

/** One append of a copy. */
export interface Batch {
  readonly stream: string;
  readonly expected: number | 'none';
  readonly events: EventToAppend[];
  /** The revision after its last event. */
  next: number;
  bytes: number;
}

/** Neighbours of one stream as one append, below the limit of the store. */
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
