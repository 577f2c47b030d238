import { events, flag, oneOf, optional, ref, type EventOf } from '@baton/kernel';

const leadId = ref('lead', 'The lead that the e-mail or external id belongs to.');
const kind = oneOf(['e-mail-address', 'external-id'], 'What is reserved.');

/**
 * The stream of one e-mail address or external id, `reservation-<keyed hash>`: the last event names its lead. The value
 * itself is not stored.
 */
export const identityEvents = events({
  IdentityReserved: {
    version: 1,
    description: 'An e-mail address or external id was reserved for this lead, which may not be captured yet.',
    sentence: 'The {kind:words} was reserved for lead {leadId}: no other lead can use it',
    kind,
    leadId,
  },
  IdentityReleased: {
    version: 1,
    description: 'The reservation was released, because the command that made it was refused or the lead was erased.',
    sentence: 'The {kind:words} of lead {leadId} is free again: {erased?the person was erased:the command was refused}',
    kind,
    leadId,
    erased: optional(flag('True if the lead was erased.')),
  },
});
export type IdentityEvent = EventOf<typeof identityEvents>;
