import { policy, type Recorded } from '@baton/kernel';
import type { LeadEvent } from '@baton/leads';
import { ToOpportunity } from '../write/opportunity/opportunity.events';

/** A lead that converts opens its deal, unless somebody already did, and takes part in it. */
export const conversion = policy<LeadEvent>({
  name: 'deals-of-converted-leads',
  version: 1,
  from: 'start',
  answers: ['opportunity/already-opened'],
  on: {
    LeadConverted: async ({ data: { leadId, opportunityId } }, look) => [
      {
        to: ToOpportunity,
        id: opportunityId,
        type: 'OpenOpportunity',
        data: { opportunityId, ...inherited((await look(`lead-${leadId}`)) as readonly Recorded<LeadEvent>[]) },
      },
      { to: ToOpportunity, id: opportunityId, type: 'AddContactRole', data: { opportunityId, leadId } },
    ],
  },
});

/** What the lead's history says about its deal: where it came from, who works on it, for which company. */
const inherited = (history: readonly Recorded<LeadEvent>[]) => {
  const facts: { source?: string; owner?: string; account?: string } = {};
  for (const { type, data } of history) {
    if (type === 'LeadCaptured') {
      if (data.source) facts.source = data.source;
      if (data.owner) facts.owner = data.owner;
    }
    if ((type === 'LeadCaptured' || type === 'LeadProfileChanged') && data.company) facts.account = data.company;
    if (type === 'LeadHandedOff' || type === 'LeadAccepted') facts.owner = data.rep;
  }
  return facts;
};
