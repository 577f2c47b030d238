import { computed, field, objectFields, readModel, roles, type DocumentOf } from '@baton/kernel';
import { inTurn, loadOf, repsAfter, type Rep, type Reps } from '../../write/routing/routing.model';
import type { RoutingEvent } from '../../write/routing/routing.events';

const fields = {
  routingId: field.id('The queue, as the routing rules name it.', { filter: true }),
  routed: field.integer('Number of leads routed through the queue.', { filter: true, sort: true }),
  toHandoffOwner: field.integer('How many of them went to the handoff owner, because everybody was absent.', {
    ...{ filter: true, sort: true },
  }),
  lastRoutedAt: field.instant('When the last lead was routed.', { nullable: true, filter: true, sort: true }),
} as const;
/** A queue of reps and its balance. */
export type RoutingQueue = DocumentOf<typeof fields> & {
  /** Who is or was in the queue. */
  readonly reps: Reps;
};

const routingRep = objectFields('RoutingRep', 'A member of a queue and the leads assigned to them.', {
  rep: field.text('The salesperson.'),
  weight: field.integer('The weight; leads are shared in proportion to the weights of the queue.'),
  away: field.flag('True if the rep is absent and gets no leads.'),
  assigned: field.integer('Number of leads assigned to the rep.'),
  returned: field.integer('Number of assigned leads that were taken back.'),
  base: field.number('Leads counted in addition to those assigned, so that missed leads are not caught up.'),
  level: field.number('(base + assigned − returned) / weight; the rep with the lowest level is next.'),
});

/** The members of a queue: those present in the order of their turns, then those away by id. */
export const membersOf = ({ reps: all }: RoutingQueue): readonly Rep[] => [
  ...inTurn(all),
  ...Object.values(all)
    .filter(({ member, away }) => member && away)
    .sort((a, b) => (a.rep < b.rep ? -1 : 1)),
];

const onReps =
  <D>(step: (reps: Reps, data: D) => Reps) =>
  (doc: RoutingQueue, { data }: { readonly data: D }): RoutingQueue => ({ ...doc, reps: step(doc.reps, data) });

/** Who takes part in a queue, how much each has had, and whose turn it is. */
export const routingQueues = readModel<RoutingQueue, RoutingEvent>({
  name: 'routing-queues',
  version: 3,
  node: 'RoutingQueue',
  description: 'A queue of reps who get qualified leads in turn.',
  key: 'routingId',
  fields,
  computed: {
    reps: computed<RoutingQueue>(
      field.object(routingRep, 'The members: first those available, in the order of their turns, then those absent.', {
        list: true,
      }),
      (queue) => membersOf(queue).map((rep) => ({ ...rep, level: loadOf(rep) / rep.weight })),
    ),
  },
  lists: {
    routingQueues: {
      description: 'The queues of reps with the load of each rep, ordered by id.',
      orderBy: 'routingId',
    },
  },
  allow: roles,
  keys: ({ data }) => [data.routingId],
  initial: { reps: {} },
  on: {
    RepJoined: onReps(repsAfter.RepJoined),
    RepLeft: onReps(repsAfter.RepLeft),
    RepMarkedAbsent: onReps(repsAfter.RepMarkedAbsent),
    RepMarkedAvailable: onReps(repsAfter.RepMarkedAvailable),
    RepBaselineSet: onReps(repsAfter.RepBaselineSet),
    RepChosen: (doc, { data, occurredAt }) => ({
      ...doc,
      reps: repsAfter.RepChosen(doc.reps, data),
      routed: doc.routed + 1,
      toHandoffOwner: doc.toHandoffOwner + (data.by === 'handoff-owner' ? 1 : 0),
      lastRoutedAt: doc.lastRoutedAt && doc.lastRoutedAt > occurredAt ? doc.lastRoutedAt : occurredAt,
    }),
    LeadUnassigned: onReps(repsAfter.LeadUnassigned),
  },
});
