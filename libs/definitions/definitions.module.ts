import { aggregate, DecisionContext, Journal, type ContextParts, type EventLog } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { machineTimers } from '@baton/platform/timers';
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
  aggregates: [
    aggregate(ToDefinition, definitionDecider, {
      handler: (get) => new DefinitionHandler(get(Journal), get(DecisionContext), get(LogDefinitions)),
    }),
  ],
  projections: [definitions],
  policies: [],
  reports: [definitionReport, differenceReport, overdueReviewsReport, dueReviewsReport],
};

/**
 * The definitions as the log has them.
 * @param readOnly of a process beside one that writes: it reads the streams each time, to see what was written a moment ago
 */
export const logDefinitions = (
  journal: Journal,
  log: EventLog,
  models: ReadModels,
  readOnly: boolean,
): LogDefinitions =>
  new LogDefinitions(
    journal,
    log,
    (kind) => listDefinitions(models, { kind }),
    machineTimers,
    readOnly ? 0 : undefined,
  );
