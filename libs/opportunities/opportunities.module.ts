import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { conversion } from './react/conversion.policy';
import { people } from './react/people.policy';
import { deals } from './read/deals/deals.projection';
import { DealsResolver } from './read/deals/deals.resolver';
import { supportRequests } from './read/support-requests/support-requests.projection';
import { SupportRequestsResolver } from './read/support-requests/support-requests.resolver';
import { opportunityCommands, opportunityEvents, ToOpportunity } from './write/opportunity/opportunity.events';
import { OpportunityHandler } from './write/opportunity/opportunity.handler';
import {
  supportRequestCommands,
  supportRequestEvents,
  ToSupport,
} from './write/support-request/support-request.events';
import { SupportRequestHandler } from './write/support-request/support-request.handler';

export const opportunitiesParts: ContextParts = {
  name: 'opportunities',
  events: [opportunityEvents, supportRequestEvents],
  projections: [deals, supportRequests],
  policies: [conversion, people],
  dueLists: [],
};

@Module({
  providers: [
    OpportunityHandler,
    DealsResolver,
    mutationsOf(ToOpportunity, opportunityCommands),
    SupportRequestHandler,
    SupportRequestsResolver,
    mutationsOf(ToSupport, supportRequestCommands),
  ],
})
export class OpportunitiesModule {}
