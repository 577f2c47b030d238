import { events, oneOf, ref, type EventOf } from '@baton/kernel';

const leadId = ref('lead', 'The lead that the e-mail or external id belongs to.');
const kind = oneOf(['e-mail-address', 'external-id'], 'What it is that nobody else can have.');

/**
 * The stream of one e-mail or external id, `reservation-<keyed hash>`: the last event says whose it is. The value
 * itself is nowhere in it.
 */
export const identityEvents = events({
  IdentityReserved: {
    version: 1,
    description: 'An e-mail or external id belongs to this lead, which may still have to be captured.',
    sentence: 'The {kind:words} was reserved for lead {leadId}: no other lead can have it',
    kind,
    leadId,
  },
  IdentityReleased: {
    version: 1,
    description: 'The command that claimed it was refused: nobody has it.',
    sentence: 'The {kind:words} is free again: what wanted it for lead {leadId} was refused',
    kind,
    leadId,
  },
});
export type IdentityEvent = EventOf<typeof identityEvents>;
