import { events } from './event';
import { ref } from './schema';

/**
 * The event by which read models forget a person. Whoever destroys a person's key records it; every projection that is
 * declared `personal` takes it.
 */
export const erasureEvents = events({
  PersonErased: {
    version: 1,
    description: 'The key of the person was destroyed; nothing personal can be read any more.',
    sentence: 'The person was erased: nothing personal can be read any more',
    leadId: ref('lead', 'The person.'),
  },
});
export const ERASURE = 'PersonErased';
