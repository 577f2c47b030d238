import { Global, Module, type BeforeApplicationShutdown, type DynamicModule, type Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock, DefinitionSource, EventLog, Journal } from '@baton/kernel';
import { LogHeads } from '@baton/audit/audit.module';
import { Retention } from '@baton/privacy/privacy.module';
import { LogDefinitions, logDefinitions } from '@baton/definitions/definitions.module';
import type { Config } from '@baton/platform/config';
import { ReadModels } from '@baton/platform/documents';
import { Conservation } from '@baton/platform/health';
import { CONFIG, LOGGER, PlatformModule, READ_ONLY, type PlatformOptions } from '@baton/platform/platform.module';
import { Runner } from '@baton/platform/runner';
import { Metrics } from '@baton/platform/telemetry';
import type { Logger } from 'pino';
import { contextParts } from './contexts';
import { ReportExports } from './report-exports';

/** Global, because every decision needs the definitions in force. */
@Global()
@Module({
  providers: [
    { provide: LogDefinitions, useFactory: logDefinitions, inject: [Journal, EventLog, ReadModels, READ_ONLY] },
    { provide: DefinitionSource, useExisting: LogDefinitions },
  ],
  exports: [DefinitionSource, LogDefinitions],
})
export class DefinitionsModule implements BeforeApplicationShutdown {
  constructor(private readonly definitions: LogDefinitions) {}

  /** Runs before the log is closed. */
  beforeApplicationShutdown(): Promise<void> {
    return this.definitions.close();
  }
}

/** Signs heads of the log. */
@Module({
  providers: [
    {
      provide: LogHeads,
      useFactory: (
        models: ReadModels,
        log: EventLog,
        runner: Runner,
        bus: CommandBus,
        clock: Clock,
        config: Config,
        logger: Logger,
        metrics: Metrics,
      ) => new LogHeads({ models, log, runner, bus, clock, config, logger, metrics }),
      inject: [ReadModels, EventLog, Runner, CommandBus, Clock, CONFIG, LOGGER, Metrics],
    },
  ],
  exports: [LogHeads],
})
export class LogHeadsModule implements BeforeApplicationShutdown {
  constructor(
    private readonly heads: LogHeads,
    private readonly conservation: Conservation,
  ) {}

  /** Runs before the followers stop. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.conservation.stop();
    await this.heads.stop();
  }
}

/** Erases people whose retention has ended. */
@Module({
  providers: [
    {
      provide: Retention,
      useFactory: (
        ...[models, log, runner, bus, clock, logger]: [ReadModels, EventLog, Runner, CommandBus, Clock, Logger]
      ) => new Retention({ models, log, runner, bus, clock, logger }),
      inject: [ReadModels, EventLog, Runner, CommandBus, Clock, LOGGER],
    },
  ],
  exports: [Retention],
})
export class RetentionModule implements BeforeApplicationShutdown {
  constructor(private readonly retention: Retention) {}

  /** Runs before the followers stop. */
  beforeApplicationShutdown(): Promise<void> {
    return this.retention.stop();
  }
}

/** Exports reports; global, as they are asked at each edge. */
@Global()
@Module({ providers: [ReportExports], exports: [ReportExports] })
export class ReportExportsModule {}

/** All of Baton except the API: the platform on the configured stores, and every context. */
@Module({})
export class BatonModule {
  static forRoot(
    config: Config,
    {
      edge = [],
      ...surroundings
    }: PlatformOptions & { readonly edge?: readonly (DynamicModule | Type<unknown>)[] } = {},
  ): DynamicModule {
    return {
      module: BatonModule,
      imports: [
        ...[PlatformModule.forRoot(config, contextParts, surroundings), DefinitionsModule, LogHeadsModule],
        ...[RetentionModule, ReportExportsModule, ...edge],
      ],
    };
  }
}
