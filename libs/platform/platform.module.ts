import { Global, Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import {
  Clock,
  DecisionContext,
  DefinitionSource,
  Documents,
  EventLog,
  Journal,
  KeyStore,
  type ContextParts,
  type Outcome,
  type To,
} from '@baton/kernel';
import { commandHandlers } from './command-handlers';
import type { Logger } from 'pino';
import { Access, AccessLog, accessParts, Oidc, ReadsOfCallers, RefusedAccess } from './access';
import { catalogueFor, type EventCatalogue } from './catalogue';
import type { Config } from './config';
import { ReadModels } from './documents';
import { SealedJournal } from './event-log';
import { Conservation } from './health/conservation';
import { Progress } from './health/progress';
import { assertKeysBelongToLog } from './keys';
import { HeavyWork } from './heavy-work';
import { imports, openImports } from './imports/imports.read-model';
import { boundByHeap, watchHeap } from './caches';
import { columnKeeper, StreamStarts, historyOf, Runner, type Sender } from './runner';
import { openStores, SystemClock, type Stores } from './stores';
import {
  aroundFoldOf,
  aroundPageOf,
  CommandWatch,
  loggerOf,
  Metrics,
  ObservedEventLog,
  parkedAlarmOf,
} from './telemetry';

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
  {
    provide: STORES,
    useFactory: (logger: Logger) =>
      openStores(config, clock, {
        ...options,
        onUnreadable: (records) =>
          logger.warn(
            { records },
            'records of a killed process are incomplete and were dropped; nobody was answered for them',
          ),
      }),
    inject: [LOGGER],
  },
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
    useFactory: (definitions: DefinitionSource) => {
      const context = new DecisionContext(clock, definitions);
      boundByHeap(context.streams);
      return context;
    },
    inject: [DefinitionSource],
  },
  {
    provide: CommandWatch,
    useFactory: (metrics: Metrics, logger: Logger) => new CommandWatch(metrics, logger),
    inject: [Metrics, LOGGER],
  },
  {
    provide: Access,
    useFactory: (journal: Journal, bus: CommandBus, log: EventLog, { record }: AccessLog) =>
      new Access(journal, bus, clock, log, record, config.oidcIssuer ? new Oidc(config, clock) : undefined),
    inject: [Journal, CommandBus, EventLog, AccessLog],
  },
  {
    provide: ReadsOfCallers,
    useFactory: (journal: Journal, { record }: AccessLog) => new ReadsOfCallers(journal, record),
    inject: [Journal, AccessLog],
  },
  {
    provide: AccessLog,
    useFactory: (journal: SealedJournal, log: EventLog) => new AccessLog(journal, log, clock),
    inject: [Journal, EventLog],
  },
  {
    provide: RefusedAccess,
    useFactory: ({ record }: AccessLog, logger: Logger) =>
      new RefusedAccess(record, (error) => logger.warn({ err: error }, 'refused requests could not be recorded')),
    inject: [AccessLog, LOGGER],
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
      services: ModuleRef,
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
        beforeSending: contexts.flatMap(({ beforeSending }) =>
          beforeSending ? [beforeSending((service) => services.get(service as never, { strict: false }))] : [],
        ),
        dispatch: (command: To) => bus.execute<To, Outcome>(command),
        aroundPage: aroundPageOf(metrics, logger),
        aroundFold: aroundFoldOf(metrics),
        onParked: parkedAlarmOf(metrics, logger),
        onDropped: (generation) =>
          logger.warn({ generation }, 'dropped the documents of a read model that this version of Baton does not have'),
        onFault: (error) => logger.error({ err: error }, 'a follower of the log stopped and will begin again'),
      }),
    inject: [EventLog, Journal, Documents, CommandBus, LOGGER, Metrics, ModuleRef],
  },
  {
    provide: Progress,
    useFactory: (runner: Runner, log: EventLog, documents: Documents) => new Progress(runner, log, documents, clock),
    inject: [Runner, EventLog, Documents],
  },
  {
    provide: Conservation,
    useFactory: (
      ...[runner, log, documents, models, work, logger]: [Runner, EventLog, Documents, ReadModels, HeavyWork, Logger]
    ) =>
      new Conservation({
        ...{ runner, log, documents, models, work, clock },
        checks: contexts.flatMap(({ checks = [] }) => checks),
        onFailure: (err, code) => logger.warn({ err, code }, 'numbers could not be compared; it is tried again'),
      }),
    inject: [Runner, EventLog, Documents, ReadModels, HeavyWork, LOGGER],
  },
];

/** Everything that contexts are given: log, read models, keys, time, and the runner. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  private readonly unwatchHeap = watchHeap();

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
        Conservation,
        Access,
        AccessLog,
        ReadsOfCallers,
        RefusedAccess,
        CqrsModule,
      ],
    };
  }

  /** Stops the runner and closes the stores. */
  async onApplicationShutdown(): Promise<void> {
    const get = <T>(token: abstract new (...args: never[]) => T): T =>
      this.moduleRef.get(token as never, { strict: false });
    this.unwatchHeap();
    get(RefusedAccess).endMinute();
    await get(AccessLog).settle();
    await get(Runner).stop();
    // Marks the keys if the log was empty at the start and has its first event now.
    const reachable = get(EventLog).availability().state === 'available';
    if (reachable && !get<boolean>(READ_ONLY as never)) await assertKeysBelongToLog(get(EventLog), get(KeyStore));
    await get(EventLog).close();
    await get(Documents).close();
    await get(KeyStore).close();
  }
}
