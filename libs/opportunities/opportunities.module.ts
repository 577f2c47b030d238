import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { conversion } from './react/conversion.policy';
import { people } from './react/people.policy';
import { deals } from './read/deals/deals.projection';
import { DealsResolver } from './read/deals/deals.resolver';
import { opportunityCommands, opportunityEvents, ToOpportunity } from './write/opportunity/opportunity.events';
import { OpportunityHandler } from './write/opportunity/opportunity.handler';

export const opportunitiesParts: ContextParts = {
  name: 'opportunities',
  events: [opportunityEvents],
  projections: [deals],
  policies: [conversion, people],
  dueLists: [],
};

@Module({ providers: [OpportunityHandler, DealsResolver, mutationsOf(ToOpportunity, opportunityCommands)] })
export class OpportunitiesModule {}
