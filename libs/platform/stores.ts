import { fromMs, Clock, type Documents, type EventLog, type KeyStore } from '@baton/kernel';
import type { Config } from './config';
import { DataFolder } from './data-folder';
import { EmbeddedDocuments } from './documents';
import { EmbeddedEventLog, SteadyClock } from './event-log';
import { assertKeysBelongToLog, EmbeddedKeyStore, masterKeys, withErasureList, type MasterKeys } from './keys';
import { fileFault } from './sqlite';

/** The machine's clock. */
export class SystemClock extends Clock {
  now() {
    return fromMs(Date.now());
  }
}

/** The stores of one process: embedded files, or servers if their addresses are configured. */
export interface Stores {
  readonly log: EventLog;
  readonly documents: Documents;
  readonly keys: KeyStore;
}

export interface OpenOptions {
  /** Whether a store may be created where there is none. */
  readonly mayCreateStore?: boolean;
  /** Embedded files are not written. */
  readonly readOnly?: boolean;
  /** As of `EmbeddedEventLog.open`. */
  readonly onUnreadable?: (records: number) => void;
}

/**
 * Opens the stores of a configuration: all of them, or none.
 * @throws BatonError `store/none`, `store/file-missing`, `file/…`, `keys/…`, `documents/unavailable`, `config/invalid`
 */
export const openStores = async (config: Config, clock: Clock, how: OpenOptions = {}): Promise<Stores> => {
  const opened: { close(): Promise<void> }[] = [];
  try {
    return await openAll(config, clock, how, <T extends { close(): Promise<void> }>(store: T): T => {
      opened.push(store);
      return store;
    });
  } catch (error) {
    // An open store would keep the process from ending.
    await Promise.allSettled(opened.map((store) => store.close()));
    throw error;
  }
};

/** Turns an error of `act` into one that names the file. */
const withFileName = async <T>(path: string, act: () => T | Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw fileFault(path, error);
  }
};

type TrackOpened = <T extends { close(): Promise<void> }>(store: T) => T;

const openAll = async (
  config: Config,
  clock: Clock,
  { mayCreateStore = false, readOnly = false, onUnreadable }: OpenOptions,
  track: TrackOpened,
): Promise<Stores> => {
  const folder = await withFileName(config.dataDir, () => new DataFolder(config, mayCreateStore));
  const file = <T>(name: string, act: (path: string) => T | Promise<T>): Promise<T> =>
    withFileName(folder.path(name), () => act(folder.path(name)));
  const steadyClock = clock instanceof SystemClock ? new SteadyClock(clock) : clock;
  // Loaded only when needed, because the drivers of the servers take a third of a second to load.
  const log = track(
    config.eventStoreUrl
      ? (await import('./event-log/eventstore-event-log.js')).EventStoreEventLog.connect(config.eventStoreUrl)
      : await file('log.db', (path) => EmbeddedEventLog.open(path, steadyClock, { readOnly, onUnreadable })),
  );
  await folder.assertComplete(log);
  const master = await file('master.key', () => masterKeys(config.dataDir, config));
  const { documents, keys } = config.mongoUrl
    ? await openMongodb(config.mongoUrl, master, track)
    : {
        documents: track(await file('documents.db', (path) => EmbeddedDocuments.open(path, { readOnly }))),
        keys: track(await file('keys.db', (path) => EmbeddedKeyStore.open(path, master, { readOnly }))),
      };
  if (!readOnly) await assertKeysBelongToLog(log, keys);
  return { log, documents, keys: withErasureList(keys, config.erasures) };
};

const openMongodb = async (url: string, master: MasterKeys, track: TrackOpened) => {
  const { MongoDocuments } = await import('./documents/mongodb-documents.js');
  const { MongodbKeyStore } = await import('./keys/mongodb-key-store.js');
  return {
    documents: track(await MongoDocuments.connect(url)),
    keys: track(await MongodbKeyStore.connect(url, master)),
  };
};
