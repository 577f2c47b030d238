import { Global, Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import {
  catalogueOf,
  Clock,
  DecisionContext,
  DefinitionSource,
  Documents,
  EventLog,
  eventsOf,
  fromMs,
  Journal,
  KeyStore,
  type ContextParts,
  type EventSchema,
  type Outcome,
  type To,
} from '@baton/kernel';
import { commandHandlers } from './command-handlers';
import type { Logger } from 'pino';
import { Access, accessParts, Oidc } from './access';
import type { Config } from './config';
import { DataFolder } from './data-folder';
import { EmbeddedDocuments, ReadModels } from './documents';
import { EmbeddedEventLog, SealedJournal, SteadyClock } from './event-log';
import { Progress } from './health/progress';
import { assertKeysBelongToLog, EmbeddedKeyStore, masterKey } from './keys';
import { HeavyWork } from './heavy-work';
import { imports, openImports } from './imports/imports.read-model';
import { columnKeeper, StreamStarts, followerEvents, historyOf, Runner, type Sender } from './runner';
import { fileFault } from './sqlite';
import {
  aroundFoldOf,
  aroundPageOf,
  CommandWatch,
  loggerOf,
  Metrics,
  ObservedEventLog,
  parkedAlarmOf,
} from './telemetry';

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

/**
 * Opens the stores of a configuration: all of them, or none.
 * @param how `mayCreateStore`: whether a store may be created where there is none; `readOnly`: embedded files are not
 *   written
 * @throws BatonError `store/none`, `store/file-missing`, `file/…`, `keys/…`, `documents/unavailable`, `config/invalid`
 */
export const openStores = async (
  config: Config,
  clock: Clock,
  how: { readonly mayCreateStore?: boolean; readonly readOnly?: boolean } = {},
): Promise<Stores> => {
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
  { mayCreateStore = false, readOnly = false }: { readonly mayCreateStore?: boolean; readonly readOnly?: boolean },
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
      : await file('log.db', (path) => EmbeddedEventLog.open(path, steadyClock, { readOnly })),
  );
  await folder.assertComplete(log);
  const master = await file('master.key', () => masterKey(config.dataDir, config.masterKey || undefined));
  const { documents, keys } = config.mongoUrl
    ? await openMongodb(config.mongoUrl, master, track)
    : {
        documents: track(await file('documents.db', (path) => EmbeddedDocuments.open(path, { readOnly }))),
        keys: track(await file('keys.db', (path) => EmbeddedKeyStore.open(path, master, { readOnly }))),
      };
  if (!readOnly) await assertKeysBelongToLog(log, keys);
  return { log, documents, keys };
};

const openMongodb = async (url: string, master: Buffer, track: TrackOpened) => {
  const { MongoDocuments } = await import('./documents/mongodb-documents.js');
  const { MongodbKeyStore } = await import('./keys/mongodb-key-store.js');
  return {
    documents: track(await MongoDocuments.connect(url)),
    keys: track(await MongodbKeyStore.connect(url, master)),
  };
};

/** Options of the platform besides its configuration. */
export interface PlatformOptions {
  readonly clock?: Clock | undefined;
  /** The targets that messages are sent to, each once; messages to others stay queued. */
  readonly senders?: readonly Sender[];
  /** Whether a store may be created where there is none. */
  readonly mayCreateStore?: boolean;
  /** Whether this process only reads, beside one that writes. */
  readonly readOnly?: boolean;
}

export const CATALOGUE = Symbol('event catalogue');
export const CONFIG = Symbol('configuration');
export const LOGGER = Symbol('logger');
/** Whether this application only reads, beside one that writes. */
export const READ_ONLY = Symbol('read only');
/** The targets of messages that have a sender. */
export const SENDERS = Symbol('senders');

/** Every event type of the given contexts and of the platform. */
export const catalogueFor = (contexts: readonly ContextParts[]): EventCatalogue =>
  catalogueOf([...eventsOf([accessParts, ...contexts]), followerEvents]);

/** What the providers of one application have in common. */
interface PlatformParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly contexts: readonly ContextParts[];
  readonly catalogue: EventCatalogue;
  readonly options: Required<Omit<PlatformOptions, 'clock'>>;
}

const STORES = Symbol('stores');

const storeProviders = ({ config, clock, catalogue, options }: PlatformParts): Provider[] => [
  { provide: STORES, useFactory: () => openStores(config, clock, options) },
  {
    provide: EventLog,
    useFactory: ({ log }: Stores, metrics: Metrics) => new ObservedEventLog(log, metrics),
    inject: [STORES, Metrics],
  },
  { provide: Documents, useFactory: ({ documents }: Stores) => documents, inject: [STORES] },
  { provide: KeyStore, useFactory: ({ keys }: Stores) => keys, inject: [STORES] },
  {
    provide: Journal,
    useFactory: (log: EventLog, keys: KeyStore) => new SealedJournal(log, catalogue, keys),
    inject: [EventLog, KeyStore],
  },
];

const readProviders = ({ clock, contexts }: PlatformParts): Provider[] => [
  { provide: StreamStarts, useFactory: (log: EventLog) => new StreamStarts(log), inject: [EventLog] },
  {
    provide: ReadModels,
    useFactory: (documents: Documents, log: EventLog, journal: Journal, metrics: Metrics, streamStarts: StreamStarts) =>
      new ReadModels(
        documents,
        historyOf(log, journal, clock, { aroundFold: aroundFoldOf(metrics), streamStarts }),
        new Set(contexts.flatMap(({ projections }) => projections.map(({ name }) => name))),
        columnKeeper({ documents, log, journal }),
      ),
    inject: [Documents, EventLog, Journal, Metrics, StreamStarts],
  },
];

const commandProviders = ({ config, clock, contexts }: PlatformParts): Provider[] => [
  {
    provide: DecisionContext,
    useFactory: (definitions: DefinitionSource) => new DecisionContext(clock, definitions),
    inject: [DefinitionSource],
  },
  {
    provide: CommandWatch,
    useFactory: (metrics: Metrics, logger: Logger) => new CommandWatch(metrics, logger),
    inject: [Metrics, LOGGER],
  },
  {
    provide: Access,
    useFactory: (journal: Journal, bus: CommandBus, log: EventLog) =>
      new Access(journal, bus, clock, log, config.oidcIssuer ? new Oidc(config, clock) : undefined),
    inject: [Journal, CommandBus, EventLog],
  },
  ...commandHandlers(contexts.flatMap(({ aggregates }) => aggregates)),
];

const runnerProviders = ({ clock, contexts, options: { senders } }: PlatformParts): Provider[] => [
  {
    provide: Runner,
    useFactory: (
      log: EventLog,
      journal: Journal,
      documents: Documents,
      bus: CommandBus,
      logger: Logger,
      metrics: Metrics,
    ) =>
      new Runner({
        log,
        journal,
        documents,
        clock,
        projections: contexts.flatMap(({ projections }) => projections),
        policies: contexts.flatMap(({ policies }) => policies),
        aggregates: contexts.flatMap(({ aggregates }) => aggregates),
        senders,
        isImportOpen: async () => (await new ReadModels(documents).count(imports, openImports)) > 0,
        onEffect: (target, outcome) => metrics.effect(target, outcome),
        dispatch: (command: To) => bus.execute<To, Outcome>(command),
        aroundPage: aroundPageOf(metrics, logger),
        aroundFold: aroundFoldOf(metrics),
        onParked: parkedAlarmOf(metrics, logger),
        onDropped: (generation) =>
          logger.warn({ generation }, 'dropped the documents of a read model that this version of Baton does not have'),
        onFault: (error) => logger.error({ err: error }, 'a follower of the log stopped and will begin again'),
      }),
    inject: [EventLog, Journal, Documents, CommandBus, LOGGER, Metrics],
  },
  {
    provide: Progress,
    useFactory: (runner: Runner, log: EventLog, documents: Documents) => new Progress(runner, log, documents, clock),
    inject: [Runner, EventLog, Documents],
  },
];

/** Everything that contexts are given: log, read models, keys, time, and the runner. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(private readonly moduleRef: ModuleRef) {}

  static forRoot(
    config: Config,
    contexts: readonly ContextParts[],
    { clock = new SystemClock(), senders = [], mayCreateStore = false, readOnly = false }: PlatformOptions = {},
  ): DynamicModule {
    const parts: PlatformParts = {
      ...{ config, clock, contexts: [accessParts, ...contexts], catalogue: catalogueFor(contexts) },
      options: { senders, mayCreateStore, readOnly },
    };
    return {
      module: PlatformModule,
      imports: [CqrsModule.forRoot()],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: READ_ONLY, useValue: readOnly },
        { provide: LOGGER, useFactory: () => loggerOf(config) },
        { provide: CATALOGUE, useValue: parts.catalogue },
        { provide: SENDERS, useValue: senders },
        { provide: Clock, useValue: clock },
        Metrics,
        HeavyWork,
        ...storeProviders(parts),
        ...readProviders(parts),
        ...commandProviders(parts),
        ...runnerProviders(parts),
      ],
      exports: [
        CONFIG,
        READ_ONLY,
        LOGGER,
        CATALOGUE,
        SENDERS,
        Clock,
        EventLog,
        Documents,
        KeyStore,
        Journal,
        ReadModels,
        StreamStarts,
        HeavyWork,
        DecisionContext,
        Runner,
        Metrics,
        Progress,
        Access,
        CqrsModule,
      ],
    };
  }

  /** Stops the runner and closes the stores. */
  async onApplicationShutdown(): Promise<void> {
    const get = <T>(token: abstract new (...args: never[]) => T): T =>
      this.moduleRef.get(token as never, { strict: false });
    await get(Runner).stop();
    // Marks the keys if the log was empty at the start and has its first event now.
    const reachable = get(EventLog).availability().state === 'available';
    if (reachable && !get<boolean>(READ_ONLY as never)) await assertKeysBelongToLog(get(EventLog), get(KeyStore));
    await get(EventLog).close();
    await get(Documents).close();
    await get(KeyStore).close();
  }
}

export type EventCatalogue = ReadonlyMap<string, EventSchema>;
