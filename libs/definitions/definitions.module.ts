import { Global, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { aggregate, DefinitionSource, EventLog, Journal, type ContextParts } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { READ_ONLY } from '@baton/platform/platform.module';
import { machineTimers } from '@baton/platform/runner';
import { definitions } from './read/definitions/definitions.read-model';
import { listDefinitions } from './read/definitions/definitions.query';
import {
  definitionReport,
  differenceReport,
  dueReviewsReport,
  overdueReviewsReport,
} from './read/definitions/definitions.report';
import { definitionDecider } from './write/definition/definition.decider';
import { ToDefinition } from './write/definition/definition.events';
import { DefinitionHandler } from './write/definition/definition.handler';
import { LogDefinitions } from './write/definition/log-definitions';

export { LogDefinitions };
export const definitionsParts: ContextParts = {
  name: 'definitions',
  aggregates: [aggregate(ToDefinition, definitionDecider, { handler: DefinitionHandler })],
  projections: [definitions],
  policies: [],
  reports: [definitionReport, differenceReport, overdueReviewsReport, dueReviewsReport],
};

/** Global, because every decision needs the definitions in force. */
@Global()
@Module({
  providers: [
    {
      provide: LogDefinitions,
      // A read-only process must see what the server wrote a moment ago, so it reads the streams each time.
      useFactory: (journal: Journal, log: EventLog, models: ReadModels, readOnly: boolean) =>
        new LogDefinitions(
          journal,
          log,
          (kind) => listDefinitions(models, { kind }),
          machineTimers,
          readOnly ? 0 : undefined,
        ),
      inject: [Journal, EventLog, ReadModels, READ_ONLY],
    },
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
