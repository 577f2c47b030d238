import { Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { aggregate, catalogueOf, Clock, EventLog, eventsOf, type ContextParts } from '@baton/kernel';
import type { Config } from '@baton/platform/config';
import { ReadModels } from '@baton/platform/documents';
import { CONFIG, LOGGER } from '@baton/platform/platform.module';
import { Runner } from '@baton/platform/runner';
import { Metrics } from '@baton/platform/telemetry';
import type { Logger } from 'pino';
import { caseFile } from './read/case-file/case-file.projection';
import { caseFileReport } from './read/case-file/case-file.report';
import { eventsReport } from './read/events/events.report';
import { logHeads } from './read/proof/log-heads.read-model';
import { logTree } from './read/proof/log-tree.projection';
import { consistencyProofReport, inclusionProofReport, logHeadReport } from './read/proof/proof.report';
import { headDecider } from './write/head/head.decider';
import { ToHead } from './write/head/head.events';
import { LogHeads } from './write/head/log-heads';

export { LogHeads };
const heads = aggregate(ToHead, headDecider);

/** The providers of audit; its case file follows the events of all other contexts. */
export const auditParts = (contexts: readonly ContextParts[]): ContextParts => ({
  name: 'audit',
  aggregates: [heads],
  projections: [caseFile(catalogueOf(eventsOf([...contexts, { aggregates: [heads] }]))), logHeads, logTree],
  policies: [],
  reports: [caseFileReport, eventsReport, logHeadReport, inclusionProofReport, consistencyProofReport],
});

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
export class AuditModule implements BeforeApplicationShutdown {
  constructor(private readonly heads: LogHeads) {}

  /** Runs before the followers stop. */
  beforeApplicationShutdown(): Promise<void> {
    return this.heads.stop();
  }
}
