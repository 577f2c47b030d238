import { bothWhere, conditionsOf, field, objectFields } from '@baton/kernel';
import { snapshotSubscription } from '@baton/platform/report';
import { handoffs, whereWaiting } from './handoffs.read-model';

const MOST_LEADS = 100;
export const handoffQueueSubscription = snapshotSubscription({
  name: 'handoffQueueChanges',
  description: 'The leads that wait for an answer: a snapshot now, and a new one whenever it changes.',
  allow: handoffs.shown.allow,
  arguments: { rep: field.filter('Only leads of these reps.') },
  answer: objectFields('HandoffQueueAt', 'A snapshot of the leads that wait for an answer from sales.', {
    waiting: field.integer('Number of waiting leads.'),
    leadIds: field.id('The waiting leads, next due first, at most 100.', {
      ...{ list: true, hidden: true, entity: 'WaitingLead', entityName: 'leads' },
    }),
  }),
  types: handoffs.types,
  state: async ({ rep }, models) => {
    const where = bothWhere(whereWaiting, conditionsOf({ rep }));
    const leads = await models.find(handoffs, { where, orderBy: [{ column: 'rank' }], limit: MOST_LEADS });
    return { waiting: await models.count(handoffs, where), leadIds: leads.map(({ id }) => id), found: leads };
  },
});
