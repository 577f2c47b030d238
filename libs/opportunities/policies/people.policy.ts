import { laterOf, policy, send, type Instant, type Look, type Reaction, type StoredEvent } from '@baton/kernel';
import { earlyReferences, ToLead, type LeadEvent } from '@baton/leads';
import { opportunityDecider } from '../write/opportunity/opportunity.decider';
import type { OpportunityEvent } from '../write/opportunity/opportunity.events';
import { currentRoles, roleOf, rolesAfter } from '../write/opportunity/roles.rules';

const joinOpportunity = (
  leadId: string,
  opportunityId: string,
  role: string | undefined,
  more?: { occurredAt: Instant },
) => send(ToLead, leadId, { type: 'JoinOpportunity', data: { leadId, opportunityId, ...(role && { role }) } }, more);

/**
 * Records on the leads of a deal that they joined or left it, and how it closed. A lead that had a role before it was
 * captured gets these commands when it is captured.
 */
export const contactRolesPolicy = policy<OpportunityEvent | LeadEvent>({
  name: 'people-of-deals',
  version: 1,
  from: 'start',
  answers: ['lead/id-released'],
  on: {
    ContactRoleAdded: async ({ data: { opportunityId, leadId, role }, occurredAt }, look) => {
      const deal = await readDeal(opportunityId, look);
      return [
        joinOpportunity(leadId, opportunityId, role),
        // The role may be recorded after the close, or after the person has left.
        ...closeReactions(leadId, opportunityId, deal, occurredAt),
        ...leaveReactions(leadId, opportunityId, deal),
      ];
    },
    ContactRoleRemoved: async ({ data: { opportunityId, leadId } }, look) =>
      leaveReactions(leadId, opportunityId, await readDeal(opportunityId, look)),
    OpportunityWon: async (closed, look) => closeNotes('NoteOpportunityWon', closed, look),
    OpportunityLost: async (closed, look) => closeNotes('NoteOpportunityLost', closed, look),
    OpportunityReopened: async ({ data: { opportunityId } }, look) =>
      rolesAfter(await readDeal(opportunityId, look)).map(({ leadId }) =>
        send(ToLead, leadId, { type: 'NoteOpportunityReopened', data: { leadId, opportunityId } }),
      ),
    LeadCaptured: async (captured, look) => {
      const { leadId } = captured.data;
      const reactions: Reaction[] = [];
      for (const { opportunityId, at } of await earlyReferences(captured, look)) {
        if (opportunityId === undefined) continue;
        const deal = await readDeal(opportunityId, look);
        const close = currentCloseEvent(deal);
        const { on, role } = roleOf(rolesAfter(deal), leadId) ?? {};
        if (!on && !(close && hadRole(leadId, deal, close))) continue; // left the deal before the capture
        reactions.push(
          joinOpportunity(leadId, opportunityId, role, { occurredAt: at }),
          ...closeReactions(leadId, opportunityId, deal, at),
        );
        reactions.push(...leaveReactions(leadId, opportunityId, deal));
      }
      return reactions;
    },
  },
});

/** The current close; undefined while the deal is open. */
const currentCloseEvent = (deal: DealHistory): StoredEvent<OpportunityEvent> | undefined => {
  const last = deal.findLast(({ type }) => /^Opportunity(Won|Lost|Reopened)$/.test(type));
  return last?.type === 'OpportunityReopened' ? undefined : last;
};
/** Whether the lead has a role in the deal now, or had one when the deal closed. */
const hadRole = (leadId: string, deal: DealHistory, { occurredAt }: StoredEvent): boolean =>
  [rolesAfter(deal), rolesAfter(deal, occurredAt)].some((roles) => roleOf(roles, leadId)?.on);
/** Makes a lead that no longer has a role leave the deal, at the instant it lost the role; [] for a lead with a role. */
const leaveReactions = (leadId: string, opportunityId: string, deal: DealHistory): readonly Reaction[] => {
  const part = roleOf(rolesAfter(deal), leadId);
  if (!part || part.on) return [];
  const close = currentCloseEvent(deal);
  const counts = close !== undefined && hadRole(leadId, deal, close) && { tookPart: true };
  const data = { leadId, opportunityId, ...counts };
  return [send(ToLead, leadId, { type: 'LeaveOpportunity', data }, { occurredAt: part.leftAt ?? part.at })];
};

type DealHistory = readonly StoredEvent<OpportunityEvent>[];
const readDeal = (opportunityId: string, look: Look): Promise<DealHistory> => look(opportunityDecider, opportunityId);

/** Sends how a deal closed to the leads with a role in it now, and to those who had one at the close. */
const closeNotes = async (
  type: 'NoteOpportunityWon' | 'NoteOpportunityLost',
  {
    data: { opportunityId, leadIds },
    occurredAt,
  }: StoredEvent<Extract<OpportunityEvent, { data: { leadIds: unknown } }>>,
  look: Look,
): Promise<readonly Reaction[]> => {
  const then = currentRoles(rolesAfter(await readDeal(opportunityId, look), occurredAt)).map(({ leadId }) => leadId);
  return [...new Set([...leadIds, ...then])].map((leadId) =>
    send(ToLead, leadId, { type, data: { leadId, opportunityId } }),
  );
};

/** Sends the close to a lead that got its role after it, dated at the later of the two; [] while the deal is open. */
const closeReactions = (leadId: string, opportunityId: string, deal: DealHistory, at: Instant): readonly Reaction[] => {
  const last = currentCloseEvent(deal);
  if (!last || !hadRole(leadId, deal, last)) return [];
  const type = last.type === 'OpportunityWon' ? 'NoteOpportunityWon' : 'NoteOpportunityLost';
  const closedAt = last.occurredAt;
  const data = { leadId, opportunityId, ...(at > closedAt && { closedAt }) };
  return [send(ToLead, leadId, { type, data }, { occurredAt: laterOf(at, closedAt) })];
};
