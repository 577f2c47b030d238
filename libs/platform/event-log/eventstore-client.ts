import { setTimeout as sleep } from 'node:timers/promises';
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
import { Conflict, Refused, START, type EventMeta, type Instant, type Position, type StoredEvent } from '@baton/kernel';

/** What the log needs of the driver. */
export type Client = Pick<
  EventStoreDBClient,
  'appendToStream' | 'readStream' | 'readAll' | 'subscribeToAll' | 'dispose'
>;

/** An event as the driver gives it. */
export interface RecordedByServer {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly streamId: string;
  readonly revision: bigint;
  readonly created: Date;
  readonly position?: LogPosition;
}

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

/** Waits before the nth repetition: 50 ms, doubled up to 5 s, less a random part so that clients spread out. */
export const backOff = async (attempt: number, signal: AbortSignal): Promise<void> => {
  const longest = Math.min(5000, 50 * 2 ** attempt);
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
};

/**
 * Repeats a call through an outage.
 * @throws Conflict `log/unavailable` when the time is over or the log is closed; other errors of the call as they are
 */
export const throughOutages = async <T>(
  call: (attempt: number) => Promise<T>,
  totalMs: number,
  signal: AbortSignal,
): Promise<T> => {
  const end = Date.now() + totalMs;
  for (let attempt = 0; ; attempt++) {
    if (signal.aborted) throw new Conflict('log/unavailable', 'The log is closed.');
    try {
      return await call(attempt);
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (Date.now() >= end) throw new Conflict('log/unavailable', 'EventStoreDB does not answer; try again later.');
      await backOff(attempt, signal);
    }
  }
};

/** Gives up on a promise after a time, as on an outage. */
export const withDeadline = async <T>(call: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceededError()), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Hands the items of a read to `each` until it returns false. The driver gives reads no deadline, so this one does.
 */
export const consume = async <T>(read: StreamingRead<T>, each: (item: T) => boolean, ms: number): Promise<void> => {
  read.on('error', () => undefined); // one that comes after the loop must not end the process
  const timer = setTimeout(() => read.destroy(new DeadlineExceededError()), ms);
  try {
    for await (const item of read as AsyncIterable<T>) if (!each(item)) return;
  } finally {
    clearTimeout(timer);
    if (!read.readableEnded) void read.cancel().catch(() => undefined);
  }
};

/** The server's own events and links. */
export const isSystem = ({ type, streamId }: RecordedByServer): boolean =>
  type.startsWith('$') || streamId.startsWith('$');

export const positionOf = ({ commit, prepare }: LogPosition): Position =>
  `${String(commit).padStart(DIGITS, '0')}-${String(prepare).padStart(DIGITS, '0')}`;

/** @throws Refused `log/not-a-position` */
export const logPositionOf = (position: Position): LogPosition | 'start' => {
  if (position === START) return 'start';
  const [, commit, prepare] = /^(\d{20})-(\d{20})$/.exec(position) ?? [];
  if (!commit || !prepare) throw new Refused('log/not-a-position', 'This position is not of this log.', 'position');
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
};

export const positionIn = ({ position, id }: RecordedByServer): Position => {
  if (!position) throw new Error(`event ${id} came without a position; EventStoreDB 22.6 or newer is needed`);
  return positionOf(position);
};

/** The event with its own id, which is kept in its metadata: that of the server only names the call that wrote it. */
export const stored = (event: RecordedByServer): StoredEvent => {
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
