import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { journeyPolicy } from './react/journeys.policy';
import { AttributionResolver } from './read/attribution/attribution.resolver';
import { people, visitors } from './read/conversions/contacts.projection';
import { ComparisonResolver } from './read/comparison/comparison.resolver';
import { CreditResolver } from './read/credit/credit.resolver';
import { journeys } from './read/journeys/journeys.projection';
import { JourneysResolver } from './read/journeys/journeys.resolver';
import { journeyEvents } from './write/journey/journey.events';
import { JourneyHandler } from './write/journey/journey.handler';

export const attributionParts: ContextParts = {
  name: 'attribution',
  events: [journeyEvents],
  projections: [journeys, people, visitors],
  policies: [journeyPolicy],
  dueLists: [],
};

@Module({ providers: [JourneyHandler, AttributionResolver, ComparisonResolver, CreditResolver, JourneysResolver] })
export class AttributionModule {}
