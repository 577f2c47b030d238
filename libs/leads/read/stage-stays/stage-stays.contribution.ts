import { field } from '@baton/kernel';
import { contribute } from '@baton/platform/contribution';
import { leads } from '../leads/leads.read-model';
import { leadStageStays } from './lead-stage-stays.read-model';

export const staysOfLeads = contribute(leads, {
  fields: {
    stayIds: field.id('The latest 100 stays in lifecycle stages, oldest first.', {
      ...{ list: true, hidden: true, entity: 'LeadStageStay', entityName: 'stageStays' },
    }),
  },
  some: async (models, found) => {
    const stays = new Map([...found.keys()].map((id): [string, string[]] => [id, []]));
    const where = { leadId: { in: [...found.keys()] } };
    for await (const page of models.pages(leadStageStays, where, [{ column: 'enteredAt' }]))
      for (const { id, doc } of page) stays.get(doc.leadId)!.push(id);
    return new Map([...stays].map(([id, ids]) => [id, { stayIds: ids.slice(-100) }]));
  },
});
