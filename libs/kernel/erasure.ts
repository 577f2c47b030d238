import { events } from './event';
import { ref } from './schema';

/**
 * Tells read models to remove the personal data of a person. Whoever destroys the key of a person records it; every
 * projection declared `personal` handles it.
 */
export const erasureEvents = events({
  PersonErased: {
    version: 1,
    description: 'The encryption key of the person was destroyed, so the personal data can no longer be read.',
    sentence: 'The person was erased: the personal data can no longer be read',
    leadId: ref('lead', 'The person.'),
  },
});
export const ERASURE = 'PersonErased';
