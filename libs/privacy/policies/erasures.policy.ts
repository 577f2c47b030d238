import { policy, send } from '@baton/kernel';
import { leadDecider, samePersonAs } from '@baton/leads';
import { ToPrivacy, type PersonEvent } from '../write/person/person.events';

/**
 * Carries out every erasure that was decided, with all leads of the person, however often the process was killed. A lead
 * that came under a hold in the meantime parks the event: release the hold and retry.
 */
export const completeErasures = policy<PersonEvent>({
  name: 'complete-erasures',
  version: 1,
  from: 'start',
  on: {
    ErasureRequested: async ({ data: { leadId, scope, reason, reference } }, look) => {
      const person = scope === 'person' ? await samePersonAs((id) => look(leadDecider, id), leadId) : undefined;
      const because = { reason, ...(reference !== undefined && { reference }) };
      return [
        ...(person?.leadIds.slice(1) ?? []).map((other) =>
          send(ToPrivacy, other, { type: 'RequestErasure', data: { leadId: other, ...because } }),
        ),
        send(ToPrivacy, leadId, { type: 'CompleteErasure', data: { leadId } }),
      ];
    },
  },
});
