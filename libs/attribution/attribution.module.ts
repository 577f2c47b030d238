import { aggregate, aggregateWithHandler, DecisionContext, EventLog, Journal, type ContextParts } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { HeavyWork } from '@baton/platform/heavy-work';
import { journeyPolicy } from './policies/journeys.policy';
import { attributionReport } from './read/attribution/attribution.report';
import { comparisonReport } from './read/comparison/comparison.report';
import { people, visitors, visits } from './read/conversions/people.projection';
import { creditReport, modelsReport } from './read/credit/credit.report';
import { journeys } from './read/journeys/journeys.projection';
import { journeyReport } from './read/journeys/journeys.report';
import { pathsReport } from './read/paths/paths.report';
import { periods } from './read/periods/periods.read-model';
import { periodDeltaReport } from './read/periods/periods.report';
import { roasReport } from './read/roas/roas.report';
import { salesMinutes } from './read/roas/sales-minutes.projection';
import { journeyDecider } from './write/journey/journey.decider';
import { ToJourney } from './write/journey/journey.events';
import { periodDecider } from './write/period/period.decider';
import { freezeCommands, ToPeriod } from './write/period/period.events';
import { PeriodHandler } from './write/period/period.handler';

export { askAttribution } from './read/attribution/attribution.report';
export const attributionParts: ContextParts = {
  name: 'attribution',
  aggregates: [
    aggregate(ToJourney, journeyDecider),
    aggregateWithHandler(
      ToPeriod,
      freezeCommands,
      periodDecider,
      (get) => new PeriodHandler(get(Journal), get(DecisionContext), get(EventLog), get(ReadModels), get(HeavyWork)),
    ),
  ],
  projections: [journeys, people, visitors, visits, salesMinutes, periods],
  policies: [journeyPolicy],
  reports: [
    attributionReport,
    comparisonReport,
    creditReport,
    journeyReport,
    modelsReport,
    pathsReport,
    periodDeltaReport,
    roasReport,
  ],
};
