import { laterOf, policy, type Instant, type Look, type Reaction, type Recorded } from '@baton/kernel';
import { namedBefore, ToLead, type LeadEvent } from '@baton/leads';
import type { OpportunityEvent } from '../write/opportunity/opportunity.events';
import { peopleIn, rolesIn } from '../write/opportunity/roles.rules';

const tell = (type: string, leadId: string, opportunityId: string, more: object = {}): Reaction => ({
  to: ToLead,
  id: leadId,
  type,
  data: { leadId, opportunityId, ...more },
});

/**
 * What happens to a deal is told to its people: they join and leave it, and hear how it ended. Somebody whom it named
 * before the capture is told at the capture.
 */
export const people = policy<OpportunityEvent | LeadEvent>({
  name: 'people-of-deals',
  version: 1,
  from: 'start',
  answers: ['lead/id-released'],
  on: {
    ContactRoleAdded: async ({ data: { opportunityId, leadId, role }, occurredAt }, look) => [
      tell('JoinOpportunity', leadId, opportunityId, role === undefined ? {} : { role }),
      ...endFor(leadId, opportunityId, await dealOf(opportunityId, look), occurredAt), // the role was told after the close
    ],
    ContactRoleRemoved: ({ data: { opportunityId, leadId } }) => [tell('LeaveOpportunity', leadId, opportunityId)],
    OpportunityWon: ({ data: { opportunityId, leadIds } }) =>
      leadIds.map((leadId) => tell('NoteOpportunityWon', leadId, opportunityId)),
    OpportunityLost: ({ data: { opportunityId, leadIds } }) =>
      leadIds.map((leadId) => tell('NoteOpportunityLost', leadId, opportunityId)),
    LeadCaptured: async (captured, look) => {
      const { leadId } = captured.data;
      const reactions: Reaction[] = [];
      for (const { opportunityId, at } of await namedBefore(captured, look)) {
        if (opportunityId === undefined) continue;
        const deal = await dealOf(opportunityId, look);
        const part = peopleIn(rolesIn(deal)).find((one) => one.leadId === leadId);
        if (!part) continue; // taken back before the capture
        const join = tell('JoinOpportunity', leadId, opportunityId, part);
        reactions.push({ ...join, occurredAt: at }, ...endFor(leadId, opportunityId, deal, at));
      }
      return reactions;
    },
  },
});

type Deal = readonly Recorded<OpportunityEvent>[];
const dealOf = async (opportunityId: string, look: Look): Promise<Deal> =>
  (await look(`opportunity-${opportunityId}`)) as Deal;

/** What somebody who came to a closed deal is to hear, when both had happened; [] while it is open. */
const endFor = (leadId: string, opportunityId: string, deal: Deal, at: Instant): readonly Reaction[] => {
  const last = deal.findLast(({ type }) => /^Opportunity(Won|Lost|Reopened)$/.test(type));
  if (!last || last.type === 'OpportunityReopened') return [];
  const type = last.type === 'OpportunityWon' ? 'NoteOpportunityWon' : 'NoteOpportunityLost';
  return [{ ...tell(type, leadId, opportunityId), occurredAt: laterOf(at, last.occurredAt) }];
};
