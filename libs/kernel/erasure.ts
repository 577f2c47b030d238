import { events, type EventOf } from './event';
import { ref } from './schema';

/**
 * The event that makes read models remove the personal data of a person. It is recorded when the key of the person is
 * destroyed, and handled by every projection declared `personal`.
 */
export const erasureEvents = events({
  PersonErased: {
    version: 1,
    description: 'The encryption key of the person was destroyed, so the personal data can no longer be read.',
    sentence: 'The person was erased: the personal data can no longer be read',
    leadId: ref('lead', 'The person.'),
  },
});
export type ErasureEvent = EventOf<typeof erasureEvents>;
export const ERASURE = 'PersonErased';
