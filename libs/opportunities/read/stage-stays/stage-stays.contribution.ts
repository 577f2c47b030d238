import { field } from '@baton/kernel';
import { contribute } from '@baton/platform/contribution';
import { deals } from '../deals/deals.read-model';
import { dealStageStays } from './deal-stage-stays.read-model';

export const staysOfDeals = contribute(deals, {
  fields: {
    stayIds: field.id('The latest 100 stays in pipeline stages, oldest first.', {
      ...{ list: true, hidden: true, entity: 'OpportunityStageStay', entityName: 'stageStays' },
    }),
  },
  some: async (models, found) => {
    const stays = new Map([...found.keys()].map((id): [string, string[]] => [id, []]));
    const where = { opportunityId: { in: [...found.keys()] } };
    for await (const page of models.pages(dealStageStays, where, [{ column: 'enteredAt' }]))
      for (const { id, doc } of page) stays.get(doc.opportunityId)!.push(id);
    return new Map([...stays].map(([id, ids]) => [id, { stayIds: ids.slice(-100) }]));
  },
});
