import { policy, send, type Instant, type StoredEvent } from '@baton/kernel';
import { leadDecider, profileOf, type LeadEvent } from '@baton/leads';
import { ToOpportunity } from '../write/opportunity/opportunity.events';

/** A lead that converts opens its deal, unless somebody already did, and takes part in it. */
export const conversion = policy<LeadEvent>({
  name: 'deals-of-converted-leads',
  version: 1,
  from: 'start',
  answers: ['opportunity/already-opened'],
  on: {
    LeadConverted: async ({ data: { leadId, opportunityId } }, look) => [
      send(ToOpportunity, opportunityId, {
        type: 'OpenOpportunity',
        data: { opportunityId, ...inherited(await look(leadDecider, leadId)) },
      }),
      send(ToOpportunity, opportunityId, { type: 'AddContactRole', data: { opportunityId, leadId } }),
    ],
  },
});

/** What the lead's history says about its deal: where it came from, who works on it, for which company. */
const inherited = (history: readonly StoredEvent<LeadEvent>[]) => {
  const { source, company, owner } = profileOf(history);
  const rep = history
    .filter((event) => event.type === 'LeadHandedOff' || event.type === 'LeadAccepted')
    .reduce<{ readonly at: Instant; readonly rep: string } | undefined>(
      (last, { data, occurredAt: at }) => (last && last.at > at ? last : { at, rep: data.rep }),
      undefined,
    )?.rep;
  const facts = { source, account: company, owner: rep ?? owner };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
};
