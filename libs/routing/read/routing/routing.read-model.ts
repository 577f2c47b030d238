import {
  computed,
  flagField,
  idField,
  instantField,
  integerField,
  numberField,
  objectField,
  objectFields,
  readModel,
  roles,
  textField,
  type DocumentOf,
} from '@baton/kernel';
import { inTurn, loadOf, repsAfter, type Rep, type Reps } from '../../write/routing/routing.model';
import type { RoutingEvent } from '../../write/routing/routing.events';

const fields = {
  routingId: idField('The queue, as the routing rules name it.', { filter: true }),
  routed: integerField('Number of leads routed through the queue.', { filter: true, sort: true }),
  toHandoffOwner: integerField('How many of them went to the handoff owner, because everybody was absent.', {
    ...{ filter: true, sort: true },
  }),
  lastRoutedAt: instantField('When the last lead was routed.', { nullable: true, filter: true, sort: true }),
} as const;
/** A queue of reps and its balance. */
export type RoutingQueue = DocumentOf<typeof fields> & {
  /** Who is or was in the queue. */
  readonly reps: Reps;
};

const routingRep = objectFields('RoutingRep', 'A member of a queue and the leads assigned to them.', {
  rep: textField('The salesperson.'),
  weight: integerField('The weight; leads are shared in proportion to the weights of the queue.'),
  away: flagField('True if the rep is absent and gets no leads.'),
  assigned: integerField('Number of leads assigned to the rep.'),
  returned: integerField('Number of assigned leads that were taken back.'),
  base: numberField('Leads counted in addition to those assigned, so that missed leads are not caught up.'),
  level: numberField('(base + assigned − returned) / weight; the rep with the lowest level is next.'),
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
  version: 2,
  node: 'RoutingQueue',
  description: 'A queue of reps who get qualified leads in turn.',
  key: 'routingId',
  fields,
  computed: {
    reps: computed<RoutingQueue>(
      objectField(routingRep, 'The members: first those available, in the order of their turns, then those absent.', {
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
  initial: (routingId) => ({ routingId, reps: {}, routed: 0, toHandoffOwner: 0, lastRoutedAt: null }),
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
