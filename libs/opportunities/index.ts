export { OpportunitiesModule, opportunitiesParts } from './opportunities.module';
export { deals, type Deal, type DealStatus } from './read/deals/deals.projection';
export {
  ToOpportunity,
  opportunityCommands,
  opportunityEvents,
  type OpportunityCommand,
  type OpportunityEvent,
} from './write/opportunity/opportunity.events';
