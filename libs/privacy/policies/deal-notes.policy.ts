import { policy, send, type ErasureEvent, type Look } from '@baton/kernel';
import { leadDecider } from '@baton/leads';
import { opportunityDecider, rolesAfter } from '@baton/opportunities';
import { ToDealNotes } from '../write/deal-notes/deal-notes.events';
import { personDecider } from '../write/person/person.decider';
import type { PersonEvent } from '../write/person/person.events';

const isErased = async (leadId: string, look: Look): Promise<boolean> =>
  (await look(personDecider, leadId)).some(({ type }) => type === 'PersonErased');

/** The deals that a lead ever had a role in. */
const dealsOf = async (leadId: string, look: Look): Promise<readonly string[]> => [
  ...new Set(
    (await look(leadDecider, leadId)).flatMap((event) =>
      event.type === 'LeadJoinedOpportunity' ? [event.data.opportunityId] : [],
    ),
  ),
];

/** With the last erased person of a deal goes the key of the notes about the deal that name nobody. */
export const eraseDealNotes = policy<PersonEvent | ErasureEvent>({
  name: 'erase-deal-notes',
  version: 1,
  from: 'start',
  on: {
    PersonErased: async ({ data: { leadId } }, look) => {
      const reactions = [];
      for (const opportunityId of await dealsOf(leadId, look)) {
        const people = rolesAfter(await look(opportunityDecider, opportunityId)).map((one) => one.leadId);
        const erased = await Promise.all(people.map((one) => isErased(one, look)));
        if (erased.every(Boolean))
          reactions.push(send(ToDealNotes, opportunityId, { type: 'EraseDealNotes', data: { opportunityId } }));
      }
      return reactions;
    },
  },
});
