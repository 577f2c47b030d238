import { events, ref, type EventOf } from '@baton/kernel';

const leadId = ref('lead', 'The lead that the e-mail or external id belongs to.');

/**
 * The stream of one e-mail or external id, `reservation-<keyed hash>`: the last event says whose it is. The value
 * itself is nowhere in it.
 */
export const identityEvents = events({
  IdentityReserved: {
    version: 1,
    description: 'An e-mail or external id belongs to this lead, which may still have to be captured.',
    sentence: 'An e-mail or external id belongs to lead {leadId}',
    leadId,
  },
  IdentityReleased: {
    version: 1,
    description: 'The command that claimed it was refused: nobody has it.',
    sentence: 'The e-mail or external id that {leadId} claimed belongs to nobody',
    leadId,
  },
});
export type IdentityEvent = EventOf<typeof identityEvents>;
