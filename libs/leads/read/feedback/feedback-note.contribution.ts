import { field } from '@baton/kernel';
import { contribute } from '@baton/platform/contribution';
import { leads } from '../leads/leads.read-model';
import { feedbackList } from './feedback.read-model';

/** The comment of the rep is in the document of the lead, with whose key it is sealed. */
export const feedbackNote = contribute(feedbackList, {
  fields: { note: field.personal('The comment of the rep.', { optional: true }) },
  some: async (models, feedback) => {
    const people = await models.getMany(leads, [
      ...new Set([...feedback.values()].flatMap(({ leadId }) => leadId ?? [])),
    ]);
    return new Map(
      [...feedback].map(([id, { leadId }]) => {
        const note = people.get(leadId ?? '')?.feedbackNotes?.[id];
        return [id, note ? { note } : {}];
      }),
    );
  },
});
