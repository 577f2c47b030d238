import { aggregate, aggregateWithHandler, type ContextParts } from '@baton/kernel';
import { journeyPolicy } from './policies/journeys.policy';
import { people, visitors } from './read/conversions/contacts.projection';
import { journeys } from './read/journeys/journeys.projection';
import { periods } from './read/periods/periods.projection';
import { salesMinutes } from './read/roas/sales-minutes.projection';
import { journeyDecider } from './write/journey/journey.decider';
import { ToJourney } from './write/journey/journey.events';
import { periodDecider } from './write/period/period.decider';
import { freezeCommands, ToPeriod } from './write/period/period.events';
import { PeriodHandler } from './write/period/period.handler';

export const attributionParts: ContextParts = {
  name: 'attribution',
  aggregates: [
    aggregate(ToJourney, journeyDecider),
    aggregateWithHandler(ToPeriod, freezeCommands, periodDecider, PeriodHandler),
  ],
  projections: [journeys, people, visitors, salesMinutes, periods],
  policies: [journeyPolicy],
};
