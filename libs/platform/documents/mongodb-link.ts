import {
  MongoBulkWriteError,
  MongoClient,
  MongoClientClosedError,
  MongoError,
  MongoErrorLabel,
  MongoExpiredSessionError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerClosedError,
  MongoServerError,
  MongoStalePrimaryError,
  MongoSystemError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
  type MongoClientOptions,
} from 'mongodb';
import { Refused, type Availability, type Conflict } from '@baton/kernel';
import { CALLS_AT_ONCE, Link } from '../link';

const SELECTION_MS = 5_000;
/** By default two: the first burst of calls would spend its deadline on waiting for its connections. */
const CONNECTING_AT_ONCE = 8;

/** The driver says with these that no server answered, or the one that did went away. */
const OUTAGES = [
  MongoClientClosedError,
  MongoExpiredSessionError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerClosedError,
  MongoStalePrimaryError,
  MongoSystemError, // among them that no server could be selected
  MongoTopologyClosedError,
  MongoWriteConcernError, // written, but not yet by a majority
];
/** Classes that the driver does not export. */
const OUTAGE_NAMES = ['MongoWaitQueueTimeoutError', 'MongoPoolClosedError', 'MongoPoolClearedError'];
/** Of servers that step down, shut down or ran out of time (the retryable ones of the driver specifications, and 50). */
const OUTAGE_CODES = [6, 7, 50, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/** Of sockets: the driver passes some on as they are. */
const SOCKET = /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Did the server not answer, or not for sure? What was sent may or may not have been done. */
export const isOutage = (error: unknown): boolean => {
  if (SOCKET.test(String((error as { readonly code?: unknown } | undefined)?.code))) return true;
  if (!(error instanceof MongoError)) return false;
  if (OUTAGES.some((kind) => error instanceof kind) || OUTAGE_NAMES.includes(error.name)) return true;
  if (error instanceof MongoBulkWriteError) {
    if (error.result?.getWriteConcernError()) return true;
    // What kept a bulk from being answered lies within the error, which has no code then.
    if (error.errorResponse instanceof Error) return isOutage(error.errorResponse);
  }
  const labels = [MongoErrorLabel.RetryableWriteError, MongoErrorLabel.TransientTransactionError];
  if (labels.some((label) => error.hasErrorLabel(label))) return true;
  return error instanceof MongoServerError && OUTAGE_CODES.includes(Number(error.code));
};

/**
 * A client that gives up on a server that does not answer.
 * @param deadlineMs of one answer of the server; without it a call waits for ever
 * @throws Refused `config/invalid` for an address that cannot be read; the driver's words could hold the password
 */
export const clientOf = (url: string, deadlineMs: number, options: MongoClientOptions): MongoClient => {
  try {
    return new MongoClient(url, {
      ...options,
      serverSelectionTimeoutMS: Math.min(SELECTION_MS, deadlineMs),
      connectTimeoutMS: Math.min(SELECTION_MS, deadlineMs),
      maxPoolSize: CALLS_AT_ONCE,
      maxConnecting: CONNECTING_AT_ONCE,
      waitQueueTimeoutMS: deadlineMs,
      socketTimeoutMS: deadlineMs,
      retryWrites: true,
      retryReads: true,
    });
  } catch {
    throw new Refused(
      'config/invalid',
      'BATON_MONGODB_URL must be a connection string of MongoDB.',
      'BATON_MONGODB_URL',
    );
  }
};

/** @throws what `outage` makes where the server does not answer a call, never the driver's words; other errors as they are */
export const withOutageError = <T>(call: Promise<T>, outage: () => Conflict): Promise<T> =>
  call.catch((error: unknown) => {
    throw isOutage(error) ? outage() : error;
  });

/** The link of one client; its probes are pings. */
export const linkTo = (client: MongoClient, outage: () => Conflict): Link =>
  new Link({
    isOutage,
    unavailable: outage,
    probe: () => client.db('admin').command({ ping: 1 }, { timeoutMS: SELECTION_MS }),
  });

/**
 * The store, each of whose calls goes through the link: in its window, and with an outage as one code of Baton's own.
 * What the store calls of its own is part of the call, and so is what replaces a method of it later.
 */
export const throughLink = <T extends { close(): Promise<void>; availability(): Availability }>(
  store: T,
  link: Link,
): T => {
  const own = new Map<string | symbol, unknown>([
    ['availability', () => link.availability()],
    ['close', () => link.close(() => store.close())],
  ]);
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = own.get(name) ?? Reflect.get(target, name, target);
      if (own.has(name) || typeof value !== 'function') return value;
      return (...given: unknown[]) => link.call(async () => (await Reflect.apply(value, target, given)) as unknown);
    },
    set: (_, name, value) => Boolean(own.set(name, value)),
  });
};
