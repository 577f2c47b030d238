import { policy, type Reaction, type Recorded } from '@baton/kernel';
import { ToLead } from '@baton/leads';
import type { OpportunityEvent } from '../write/opportunity/opportunity.events';

const tell = (type: string, leadId: string, opportunityId: string, more: object = {}): Reaction => ({
  to: ToLead,
  id: leadId,
  type,
  data: { leadId, opportunityId, ...more },
});

/** What happens to a deal is told to its people: they join and leave it, and hear how it ended. */
export const people = policy<OpportunityEvent>({
  name: 'people-of-deals',
  version: 1,
  from: 'start',
  on: {
    ContactRoleAdded: async ({ data: { opportunityId, leadId, role } }, look) => {
      const deal = (await look(`opportunity-${opportunityId}`)) as readonly Recorded<OpportunityEvent>[];
      const ended = endOf(deal);
      return [
        tell('JoinOpportunity', leadId, opportunityId, role === undefined ? {} : { role }),
        ...(ended ? [tell(ended, leadId, opportunityId)] : []), // the role was recorded after the close
      ];
    },
    ContactRoleRemoved: ({ data: { opportunityId, leadId } }) => [tell('LeaveOpportunity', leadId, opportunityId)],
    OpportunityWon: ({ data: { opportunityId, leadIds } }) =>
      leadIds.map((leadId) => tell('NoteOpportunityWon', leadId, opportunityId)),
    OpportunityLost: ({ data: { opportunityId, leadIds } }) =>
      leadIds.map((leadId) => tell('NoteOpportunityLost', leadId, opportunityId)),
  },
});

/** How a deal stands closed: what its people are to hear; undefined while it is open. */
const endOf = (deal: readonly Recorded<OpportunityEvent>[]): string | undefined => {
  const last = deal.findLast(({ type }) => /^Opportunity(Won|Lost|Reopened)$/.test(type))?.type;
  return last === 'OpportunityWon'
    ? 'NoteOpportunityWon'
    : last === 'OpportunityLost'
      ? 'NoteOpportunityLost'
      : undefined;
};
