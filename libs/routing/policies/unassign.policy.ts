import { policy, send, type Instant, type Look, type Reaction } from '@baton/kernel';
import { lookUpDefinition, inForceOrBuiltIn } from '@baton/definitions';
import { leadDecider } from '@baton/leads';
import { handoffsAfter, type Handoff } from '@baton/leads';
import type { LeadEvent } from '@baton/leads';
import { ToRouting } from '../write/routing/routing.events';

/**
 * Gives a rep the turn back if the lead did not count: it was rejected for a reason that requires no attempts (wrong
 * person, duplicate), it was merged into a known lead before the rep answered, or it was handed off to somebody else
 * before the queue's choice. Any other answer of the rep uses the turn. Undoing a merge does not use it again.
 */
export const unassignReturnedLeads = policy<LeadEvent>({
  name: 'unassign-returned-leads',
  version: 1,
  from: 'start',
  on: {
    LeadRejected: async ({ data: { leadId, reason, external, handoffOf }, occurredAt }, look) => {
      // A lead that was merged away gave the turn back at the merge, if the rep had not answered.
      if (external || handoffOf !== undefined || !(await isImmediate(reason, occurredAt, look))) return [];
      return unassign(await lastHandoff(leadId, look));
    },
    LeadMergedInto: async ({ data: { leadId } }, look) => {
      const last = await lastHandoff(leadId, look);
      return last?.disposition === 'waiting' ? unassign(last) : [];
    },
    LeadRoutingCancelled: ({ data }) => unassign(data),
  },
});

/** Takes the lead back from the queue that chose the rep; [] if no queue did. */
const unassign = (chosen: Pick<Handoff, 'leadId' | 'queue' | 'choice'> | undefined): readonly Reaction[] => {
  if (chosen?.queue === undefined) return [];
  const { leadId, queue, choice } = chosen;
  return [send(ToRouting, queue, { type: 'UnassignLead', data: { routingId: queue, leadId, choice } })];
};

const isImmediate = async (reason: string, at: Instant, look: Look): Promise<boolean> => {
  const agreed = await lookUpDefinition(look, 'rejection-reasons', at);
  return inForceOrBuiltIn('rejection-reasons', agreed).body.reasons.some(
    ({ code, immediate }) => code === reason && immediate,
  );
};

/** Sorted by `occurredAt`, because decisions of other systems may be recorded late. */
const lastHandoff = async (leadId: string, look: Look): Promise<Handoff | undefined> =>
  (await look(leadDecider, leadId))
    .toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0))
    .reduce<readonly Handoff[]>((handoffs, event) => handoffsAfter(handoffs, event), [])
    .at(-1);
