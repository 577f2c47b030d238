import { laterOf, policy, send, type Instant, type Look, type Reaction, type StoredEvent } from '@baton/kernel';
import { earlyReferences, ToLead, type LeadEvent } from '@baton/leads';
import { opportunityDecider } from '../write/opportunity/opportunity.decider';
import type { OpportunityEvent } from '../write/opportunity/opportunity.events';
import { peopleIn, roleOf, rolesIn } from '../write/opportunity/roles.rules';

const join = (leadId: string, opportunityId: string, role: string | undefined, more?: { occurredAt: Instant }) =>
  send(ToLead, leadId, { type: 'JoinOpportunity', data: { leadId, opportunityId, ...(role && { role }) } }, more);

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
    ContactRoleAdded: async ({ data: { opportunityId, leadId, role }, occurredAt }, look) => {
      const deal = await dealOf(opportunityId, look);
      return [
        join(leadId, opportunityId, role),
        // The role was told after the close, or after the person had left.
        ...endFor(leadId, opportunityId, deal, occurredAt),
        ...leaving(leadId, opportunityId, deal),
      ];
    },
    ContactRoleRemoved: async ({ data: { opportunityId, leadId } }, look) =>
      leaving(leadId, opportunityId, await dealOf(opportunityId, look)),
    OpportunityWon: async (closed, look) => noteEnd('NoteOpportunityWon', closed, look),
    OpportunityLost: async (closed, look) => noteEnd('NoteOpportunityLost', closed, look),
    OpportunityReopened: async ({ data: { opportunityId } }, look) =>
      rolesIn(await dealOf(opportunityId, look)).map(({ leadId }) =>
        send(ToLead, leadId, { type: 'NoteOpportunityReopened', data: { leadId, opportunityId } }),
      ),
    LeadCaptured: async (captured, look) => {
      const { leadId } = captured.data;
      const reactions: Reaction[] = [];
      for (const { opportunityId, at } of await earlyReferences(captured, look)) {
        if (opportunityId === undefined) continue;
        const deal = await dealOf(opportunityId, look);
        const close = closeOf(deal);
        const { on, role } = roleOf(rolesIn(deal), leadId) ?? {};
        if (!on && !(close && tookPart(leadId, deal, close))) continue; // taken back before the capture
        reactions.push(
          join(leadId, opportunityId, role, { occurredAt: at }),
          ...endFor(leadId, opportunityId, deal, at),
        );
        reactions.push(...leaving(leadId, opportunityId, deal));
      }
      return reactions;
    },
  },
});

/** The close that stands. */
const closeOf = (deal: Deal): StoredEvent<OpportunityEvent> | undefined => {
  const last = deal.findLast(({ type }) => /^Opportunity(Won|Lost|Reopened)$/.test(type));
  return last?.type === 'OpportunityReopened' ? undefined : last;
};
/** Is somebody on the deal now, or was when it closed? */
const tookPart = (leadId: string, deal: Deal, { occurredAt }: StoredEvent): boolean =>
  [rolesIn(deal), rolesIn(deal, occurredAt)].some((roles) => roleOf(roles, leadId)?.on);
/** Whoever is not on the deal any more leaves it, at the instant at which that was; [] for who is on it. */
const leaving = (leadId: string, opportunityId: string, deal: Deal): readonly Reaction[] => {
  const part = roleOf(rolesIn(deal), leadId);
  if (!part || part.on) return [];
  const close = closeOf(deal);
  const counts = close !== undefined && tookPart(leadId, deal, close) && { tookPart: true };
  const data = { leadId, opportunityId, ...counts };
  return [send(ToLead, leadId, { type: 'LeaveOpportunity', data }, { occurredAt: part.leftAt ?? part.at })];
};

type Deal = readonly StoredEvent<OpportunityEvent>[];
const dealOf = (opportunityId: string, look: Look): Promise<Deal> => look(opportunityDecider, opportunityId);

/** Tells the people of a deal how it closed: who is on it, and who was when it closed. */
const noteEnd = async (
  type: 'NoteOpportunityWon' | 'NoteOpportunityLost',
  {
    data: { opportunityId, leadIds },
    occurredAt,
  }: StoredEvent<Extract<OpportunityEvent, { data: { leadIds: unknown } }>>,
  look: Look,
): Promise<readonly Reaction[]> => {
  const then = peopleIn(rolesIn(await dealOf(opportunityId, look), occurredAt)).map(({ leadId }) => leadId);
  return [...new Set([...leadIds, ...then])].map((leadId) =>
    send(ToLead, leadId, { type, data: { leadId, opportunityId } }),
  );
};

/** What somebody who came to a closed deal is to hear, when both had happened; [] while it is open. */
const endFor = (leadId: string, opportunityId: string, deal: Deal, at: Instant): readonly Reaction[] => {
  const last = closeOf(deal);
  if (!last || !tookPart(leadId, deal, last)) return [];
  const type = last.type === 'OpportunityWon' ? 'NoteOpportunityWon' : 'NoteOpportunityLost';
  const closedAt = last.occurredAt;
  const data = { leadId, opportunityId, ...(at > closedAt && { closedAt }) };
  return [send(ToLead, leadId, { type, data }, { occurredAt: laterOf(at, closedAt) })];
};
