import { policy, type Look, type Reaction, type Recorded } from '@baton/kernel';
import type { VisitorEvent } from '@baton/campaigns';
import type { LeadEvent } from '@baton/leads';
import type { OpportunityEvent } from '@baton/opportunities';
import { ToJourney, type JourneyCommand } from '../write/journey/journey.events';
import { closedDeal, dealsOf, journeyOf, type ClosedDeal } from './closed-deal.rules';

const tell = (type: JourneyCommand['type'], id: string, data: object): Reaction => ({ to: ToJourney, id, type, data });

const close = async (opportunityId: string, look: Look): Promise<readonly Reaction[]> => {
  const deal = await closedDeal(look, opportunityId);
  return deal ? [tell('CloseJourney', opportunityId, await journeyOf(look, deal))] : [];
};

/** The journeys of those deals that stand closed, as they are known now. A page of events needs only the last one. */
const restate = async (
  opportunityIds: readonly string[],
  cause: string,
  look: Look,
  concerns: (deal: ClosedDeal) => boolean | Promise<boolean> = () => true,
): Promise<readonly Reaction[]> => {
  const reactions: Reaction[] = [];
  for (const id of new Set(opportunityIds)) {
    const deal = await closedDeal(look, id);
    if (!deal || !(await concerns(deal))) continue;
    const data = { ...(await journeyOf(look, deal)), cause };
    reactions.push({ ...tell('RestateJourney', id, data), once: `journey-${id}` });
  }
  return reactions;
};

/**
 * Does this contact change the journey of a closed deal? One after the close only tells when the first contact was, and
 * not even that after an earlier contact in the same stream. Keeps the touches of customers cheap.
 */
const changes =
  (contact: Recorded, look: Look) =>
  async ({ closedAt }: ClosedDeal): Promise<boolean> =>
    contact.occurredAt <= closedAt ||
    !(await look(contact.stream)).some(
      ({ id, type, occurredAt }) => type === contact.type && id !== contact.id && occurredAt <= contact.occurredAt,
    );

const restateOfLeads = async (leadIds: readonly string[], cause: string, look: Look) => {
  const deals: string[] = [];
  for (const leadId of leadIds) deals.push(...(await dealsOf(look, leadId)));
  return restate(deals, cause, look);
};

/** Records the journey of a deal when it closes, and again when something becomes known that changes it. */
export const journeyPolicy = policy<OpportunityEvent | LeadEvent | VisitorEvent>({
  name: 'journeys',
  version: 1,
  from: 'start',
  on: {
    OpportunityWon: ({ data: { opportunityId } }, look) => close(opportunityId, look),
    OpportunityLost: ({ data: { opportunityId } }, look) => close(opportunityId, look),
    OpportunityReopened: ({ data: { opportunityId } }) => [
      tell('ReopenJourney', opportunityId, { journeyId: opportunityId }),
    ],
    OpportunityAmountChanged: ({ data: { opportunityId } }, look) => restate([opportunityId], 'amount', look),
    TouchRecorded: (event, look) => restate(event.data.opportunityIds ?? [], 'late-touch', look, changes(event, look)),
    VisitRecorded: async (event, look) =>
      event.data.leadId === undefined
        ? []
        : restate(await dealsOf(look, event.data.leadId), 'late-visit', look, changes(event, look)),
    LeadMerged: ({ data: { leadId, mergedLeadId } }, look) => restateOfLeads([leadId, mergedLeadId], 'merge', look),
    LeadMergedInto: ({ data: { leadId } }, look) => restateOfLeads([leadId], 'merge', look),
    LeadUnmerged: ({ data: { leadId, mergedLeadId } }, look) => restateOfLeads([leadId, mergedLeadId], 'unmerge', look),
    LeadUnmergedFrom: ({ data: { leadId } }, look) => restateOfLeads([leadId], 'unmerge', look),
    LeadVisitorLinked: ({ data: { leadId } }, look) => restateOfLeads([leadId], 'visitor-identified', look),
    LeadJoinedOpportunity: ({ data: { opportunityId } }, look) => restate([opportunityId], 'role', look),
    LeadLeftOpportunity: ({ data: { opportunityId } }, look) => restate([opportunityId], 'role', look),
  },
});
