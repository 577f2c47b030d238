import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { journeyPolicy } from './react/journeys.policy';
import { AttributionResolver } from './read/attribution/attribution.resolver';
import { people, visitors } from './read/conversions/contacts.projection';
import { ComparisonResolver } from './read/comparison/comparison.resolver';
import { CreditResolver } from './read/credit/credit.resolver';
import { journeys } from './read/journeys/journeys.projection';
import { JourneysResolver } from './read/journeys/journeys.resolver';
import { PathsResolver } from './read/paths/paths.resolver';
import { periods } from './read/periods/periods.projection';
import { PeriodsResolver } from './read/periods/periods.resolver';
import { salesMinutes } from './read/returns/sales-minutes.projection';
import { ReturnsResolver } from './read/returns/returns.resolver';
import { journeyEvents } from './write/journey/journey.events';
import { JourneyHandler } from './write/journey/journey.handler';
import { freezeCommands, periodEvents, ToPeriod } from './write/period/period.events';
import { PeriodHandler } from './write/period/period.handler';

export const attributionParts: ContextParts = {
  name: 'attribution',
  events: [journeyEvents, periodEvents],
  projections: [journeys, people, visitors, salesMinutes, periods],
  policies: [journeyPolicy],
  dueLists: [],
};

@Module({
  providers: [
    JourneyHandler,
    AttributionResolver,
    ComparisonResolver,
    CreditResolver,
    JourneysResolver,
    PathsResolver,
    PeriodHandler,
    PeriodsResolver,
    ReturnsResolver,
    mutationsOf(ToPeriod, freezeCommands),
  ],
})
export class AttributionModule {}
