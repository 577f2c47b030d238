import { policy, send, type Look, type Reaction, type StoredEvent } from '@baton/kernel';
import { visitorDecider, type VisitorEvent } from '@baton/campaigns';
import { leadDecider, type LeadEvent } from '@baton/leads';
import type { OpportunityEvent } from '@baton/opportunities';
import { firstContact, withTouches } from '../write/journey/journey-touches.rules';
import { ToJourney, type JourneyEvent, type RestatementReason } from '../write/journey/journey.events';
import {
  closedDeal,
  dealsOf,
  journeyOf,
  type ClosedDeal,
  type JourneyStatement,
  type TouchEvent,
} from './closed-deal.rules';

/** What two statements of one page say: that of single touches adds to the one before it. */
const joined = (earlier: JourneyStatement['data'], { keepsOthers, ...later }: JourneyStatement['data']) => {
  if (!keepsOthers) return later;
  return {
    ...later,
    ...firstContact(earlier, later),
    touches: withTouches(earlier.touches, later.touches),
    ...(earlier.keepsOthers && { keepsOthers }),
  };
};

const stateJourney = ({ data, latestAt }: JourneyStatement, once?: Reaction['once']): Reaction =>
  send(ToJourney, data.journeyId, { type: 'StateJourney', data }, { occurredAt: latestAt, ...(once && { once }) });

/** The journey as of the close, and then with everything recorded of the deal and its people since. */
const closeJourney = async (opportunityId: string, look: Look): Promise<readonly Reaction[]> => {
  const deal = await closedDeal(look, opportunityId);
  if (!deal) return [];
  const now = await journeyOf(look, deal);
  const atClose = now.latestAt > deal.closedAt && (await closedDeal(look, opportunityId, deal.closedAt));
  return [...(atClose ? [stateJourney(await journeyOf(look, atClose, deal.closedAt))] : []), stateJourney(now)];
};

/**
 * The journeys of the closed deals among these, as known now. In a page of events only the last one needs them.
 * @param contact nothing but this was recorded: a journey of thousands of touches is not stated whole because of one
 */
const restateJourney = async (
  opportunityIds: readonly string[],
  reasons: readonly RestatementReason[],
  look: Look,
  contact?: { readonly event: TouchEvent; readonly changes: (deal: ClosedDeal) => Promise<boolean> },
): Promise<readonly Reaction[]> => {
  const reactions: Reaction[] = [];
  for (const id of new Set(opportunityIds)) {
    const deal = await closedDeal(look, id);
    if (!deal || (contact && !(await contact.changes(deal)))) continue;
    // One after the close is no touch of the journey, but may be the first contact.
    const only = contact && contact.event.occurredAt <= deal.closedAt ? contact.event : undefined;
    const statement = await journeyOf(look, deal, undefined, only);
    const after = (earlier: object) => joined(earlier as JourneyStatement['data'], statement.data);
    reactions.push(stateJourney(statement, { key: `journey-${id}`, reasons, after }));
  }
  return reactions;
};

/**
 * Whether a contact changes the journey of a closed deal. A contact after the close only tells when the first
 * contact was, and not even that if an earlier contact is in the same stream. Keeps the touches of customers cheap.
 * @param stream the contacts in its stream
 */
const contactIn = (contact: TouchEvent, stream: () => Promise<readonly StoredEvent[]>) => ({
  event: contact,
  changes: async ({ closedAt }: ClosedDeal): Promise<boolean> =>
    contact.occurredAt <= closedAt ||
    !(await stream()).some(({ id, occurredAt }) => id !== contact.id && occurredAt <= contact.occurredAt),
});

const restateOfLeads = async (leadIds: readonly string[], reason: RestatementReason, look: Look) => {
  const deals: string[] = [];
  for (const leadId of leadIds) deals.push(...(await dealsOf(look, leadId)));
  return restateJourney(deals, [reason], look);
};

/** Records the journey of a deal when it closes, and again when later knowledge changes it. */
export const journeyPolicy = policy<OpportunityEvent | LeadEvent | VisitorEvent | JourneyEvent>({
  name: 'journeys',
  version: 1,
  from: 'start',
  on: {
    OpportunityWon: ({ data: { opportunityId } }, look) => closeJourney(opportunityId, look),
    OpportunityLost: ({ data: { opportunityId } }, look) => closeJourney(opportunityId, look),
    OpportunityReopened: ({ data: { opportunityId } }) => [
      send(ToJourney, opportunityId, { type: 'ReopenJourney', data: { journeyId: opportunityId } }),
    ],
    OpportunityAmountChanged: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['amount'], look),
    // Recorded late, but from before the close.
    OpportunityOwnerChanged: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['deal'], look),
    OpportunityUpdated: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['deal'], look),
    OpportunityFactsCleared: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['deal'], look),
    TouchRecorded: async (event, look) =>
      restateJourney(
        await dealsOf(look, event.data.leadId),
        ['late-touch'],
        look,
        contactIn(event, () => look(leadDecider, event.data.leadId, ['TouchRecorded'])),
      ),
    VisitRecorded: async (event, look) =>
      event.data.leadId === undefined
        ? []
        : restateJourney(
            await dealsOf(look, event.data.leadId),
            ['late-visit'],
            look,
            contactIn(event, () => look(visitorDecider, event.data.visitorId, ['VisitRecorded'])),
          ),
    LeadMerged: ({ data: { leadId, mergedLeadId } }, look) => restateOfLeads([leadId, mergedLeadId], 'merge', look),
    LeadMergedInto: ({ data: { leadId } }, look) => restateOfLeads([leadId], 'merge', look),
    LeadUnmerged: ({ data: { leadId, mergedLeadId } }, look) => restateOfLeads([leadId, mergedLeadId], 'unmerge', look),
    LeadUnmergedFrom: ({ data: { leadId } }, look) => restateOfLeads([leadId], 'unmerge', look),
    LeadVisitorLinked: ({ data: { leadId } }, look) => restateOfLeads([leadId], 'visitor-identified', look),
    ContactRoleAdded: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['role'], look),
    ContactRoleRemoved: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['role'], look),
    // From now on the lead knows its deals; what was recorded on it in between did not reach them.
    LeadJoinedOpportunity: ({ data: { opportunityId } }, look) => restateJourney([opportunityId], ['role'], look),
    // A journey too long for one append is recorded in parts.
    JourneyClosed: ({ data: { journeyId, more } }, look) => (more ? restateJourney([journeyId], [], look) : []),
    JourneyRestated: ({ data: { journeyId, more, reasons } }, look) =>
      more ? restateJourney([journeyId], reasons, look) : [],
  },
});
