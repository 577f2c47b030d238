import { policy, send, type Instant, type StoredEvent } from '@baton/kernel';
import { leadDecider, profileOf, type LeadEvent } from '@baton/leads';
import { ToOpportunity } from '../write/opportunity/opportunity.events';

/** When a lead converts, opens its deal (unless it exists) and gives the lead a role in it. */
export const conversionPolicy = policy<LeadEvent>({
  name: 'deals-of-converted-leads',
  version: 1,
  from: 'start',
  answers: ['opportunity/already-opened'],
  on: {
    LeadConverted: async ({ data: { leadId, opportunityId } }, look) => [
      send(ToOpportunity, opportunityId, {
        type: 'OpenOpportunity',
        data: { opportunityId, ...fieldsFromLead(await look(leadDecider, leadId)) },
      }),
      send(ToOpportunity, opportunityId, { type: 'AddContactRole', data: { opportunityId, leadId } }),
    ],
  },
});

/** The fields that the deal takes from the history of its lead: source, company and owner. */
const fieldsFromLead = (history: readonly StoredEvent<LeadEvent>[]) => {
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
