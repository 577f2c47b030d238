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
import { StreamStarts, followerEvents, historyOf, Runner, type Sender } from './runner';
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

/** The stores of one process: embedded files, or the servers whose addresses are configured. */
export interface Stores {
  readonly log: EventLog;
  readonly documents: Documents;
  readonly keys: KeyStore;
}

/**
 * Opens the stores that a configuration chooses: all of them, or none.
 * @param mayCreateStore may a store be made where there is none? @param readOnly embedded files are not written
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
    // One that stays open would keep the process from ending.
    await Promise.allSettled(opened.map((store) => store.close()));
    throw error;
  }
};

/** Does something with a file, and says of which it was when that fails. */
const namingFile = async <T>(path: string, act: () => T | Promise<T>): Promise<T> => {
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
  keep: TrackOpened,
): Promise<Stores> => {
  const folder = await namingFile(config.dataDir, () => new DataFolder(config, mayCreateStore));
  const file = <T>(name: string, act: (path: string) => T | Promise<T>): Promise<T> =>
    namingFile(folder.path(name), () => act(folder.path(name)));
  const steady = clock instanceof SystemClock ? new SteadyClock(clock) : clock;
  // The drivers of the servers take a third of a second to load: only where they are used.
  const log = keep(
    config.eventStoreUrl
      ? (await import('./event-log/eventstore-event-log.js')).EventStoreEventLog.connect(config.eventStoreUrl)
      : await file('log.db', (path) => EmbeddedEventLog.open(path, steady, { readOnly })),
  );
  await folder.assertComplete(log);
  const master = await file('master.key', () => masterKey(config.dataDir, config.masterKey || undefined));
  const { documents, keys } = config.mongoUrl
    ? await openMongodb(config.mongoUrl, master, keep)
    : {
        documents: keep(await file('documents.db', (path) => EmbeddedDocuments.open(path, { readOnly }))),
        keys: keep(await file('keys.db', (path) => EmbeddedKeyStore.open(path, master, { readOnly }))),
      };
  if (!readOnly) await assertKeysBelongToLog(log, keys);
  return { log, documents, keys };
};

const openMongodb = async (url: string, master: Buffer, keep: TrackOpened) => {
  const { MongoDocuments } = await import('./documents/mongodb-documents.js');
  const { MongodbKeyStore } = await import('./keys/mongodb-key-store.js');
  return {
    documents: keep(await MongoDocuments.connect(url)),
    keys: keep(await MongodbKeyStore.connect(url, master)),
  };
};

/** What the platform is given besides its configuration. */
export interface PlatformOptions {
  readonly clock?: Clock | undefined;
  readonly senders?: readonly Sender[];
  /** May a store be made where there is none? */
  readonly mayCreateStore?: boolean;
  /** Only reads, in a process beside the one that writes. */
  readonly readOnly?: boolean;
}

export const CATALOGUE = Symbol('event catalogue');
export const CONFIG = Symbol('configuration');
export const LOGGER = Symbol('logger');
/** Does this part of a process only read, beside one that writes? */
export const READ_ONLY = Symbol('read only');
/** The targets of messages that have a sender. */
export const SENDERS = Symbol('senders');

/** Every event type of some contexts and of the platform itself. */
export const catalogueFor = (contexts: readonly ContextParts[]): EventCatalogue =>
  catalogueOf([...eventsOf([accessParts, ...contexts]), followerEvents]);

/** Everything a context is given: log, read models, keys, time, and the runner behind them. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(private readonly moduleRef: ModuleRef) {}

  /**
   * @param senders the targets that messages are brought to, each once; messages to others stay queued
   * @param mayCreateStore may a store be made where there is none? @param readOnly a process beside the one that writes
   */
  static forRoot(
    config: Config,
    contexts: readonly ContextParts[],
    { clock = new SystemClock(), senders = [], mayCreateStore = false, readOnly = false }: PlatformOptions = {},
  ): DynamicModule {
    const parts = [accessParts, ...contexts];
    const aggregates = parts.flatMap((part) => part.aggregates);
    const catalogue = catalogueFor(contexts);
    const STORES = Symbol('stores');
    const providers: Provider[] = [
      { provide: CONFIG, useValue: config },
      { provide: READ_ONLY, useValue: readOnly },
      { provide: LOGGER, useFactory: () => loggerOf(config) },
      { provide: CATALOGUE, useValue: catalogue },
      { provide: SENDERS, useValue: senders },
      { provide: Clock, useValue: clock },
      { provide: STORES, useFactory: () => openStores(config, clock, { mayCreateStore, readOnly }) },
      Metrics,
      HeavyWork,
      {
        provide: EventLog,
        useFactory: ({ log }: Stores, metrics: Metrics) => new ObservedEventLog(log, metrics),
        inject: [STORES, Metrics],
      },
      {
        provide: Documents,
        useFactory: ({ documents }: Stores) => documents,
        inject: [STORES],
      },
      { provide: KeyStore, useFactory: ({ keys }: Stores) => keys, inject: [STORES] },
      {
        provide: Journal,
        useFactory: (log: EventLog, keys: KeyStore) => new SealedJournal(log, catalogue, keys),
        inject: [EventLog, KeyStore],
      },
      {
        provide: ReadModels,
        useFactory: (
          documents: Documents,
          log: EventLog,
          journal: Journal,
          metrics: Metrics,
          beginnings: StreamStarts,
        ) =>
          new ReadModels(
            documents,
            historyOf(log, journal, clock, { aroundFold: aroundFoldOf(metrics), beginnings }),
            new Set(parts.flatMap(({ projections }) => projections.map(({ name }) => name))),
          ),
        inject: [Documents, EventLog, Journal, Metrics, StreamStarts],
      },
      { provide: StreamStarts, useFactory: (log: EventLog) => new StreamStarts(log), inject: [EventLog] },
      {
        provide: DecisionContext,
        useFactory: (definitions: DefinitionSource) => new DecisionContext(clock, definitions),
        inject: [DefinitionSource],
      },
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
            projections: parts.flatMap(({ projections }) => projections),
            policies: parts.flatMap(({ policies }) => policies),
            aggregates,
            senders,
            isImportOpen: async () => (await new ReadModels(documents).count(imports, openImports)) > 0,
            onEffect: (target, outcome) => metrics.effect(target, outcome),
            dispatch: (command: To) => bus.execute<To, Outcome>(command),
            aroundPage: aroundPageOf(metrics, logger),
            aroundFold: aroundFoldOf(metrics),
            onParked: parkedAlarmOf(metrics, logger),
            onFault: (error) => logger.error({ err: error }, 'a follower of the log stopped and will begin again'),
          }),
        inject: [EventLog, Journal, Documents, CommandBus, LOGGER, Metrics],
      },
      {
        provide: Access,
        useFactory: (journal: Journal, bus: CommandBus, log: EventLog) =>
          new Access(journal, bus, clock, log, config.oidcIssuer ? new Oidc(config, clock) : undefined),
        inject: [Journal, CommandBus, EventLog],
      },
      ...commandHandlers(aggregates),
      {
        provide: CommandWatch,
        useFactory: (metrics: Metrics, logger: Logger) => new CommandWatch(metrics, logger),
        inject: [Metrics, LOGGER],
      },
      {
        provide: Progress,
        useFactory: (runner: Runner, log: EventLog, documents: Documents) =>
          new Progress(runner, log, documents, clock),
        inject: [Runner, EventLog, Documents],
      },
    ];
    return {
      module: PlatformModule,
      imports: [CqrsModule.forRoot()],
      providers,
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

  /** Finishes what is in hand and closes the stores. */
  async onApplicationShutdown(): Promise<void> {
    const get = <T>(token: abstract new (...args: never[]) => T): T =>
      this.moduleRef.get(token as never, { strict: false });
    await get(Runner).stop();
    // A log that was empty at the start has its first event now.
    const reachable = get(EventLog).availability().state === 'available';
    if (reachable && !get<boolean>(READ_ONLY as never)) await assertKeysBelongToLog(get(EventLog), get(KeyStore));
    await get(EventLog).close();
    await get(Documents).close();
    await get(KeyStore).close();
  }
}

export type EventCatalogue = ReadonlyMap<string, EventSchema>;
