import { projection, type Instant } from '@baton/kernel';
import { inTurn, repsAfter, type Rep, type Reps } from '../../write/routing/routing.model';
import type { RoutingEvent } from '../../write/routing/routing.events';

/** A queue of reps and its balance. */
export interface RoutingQueue {
  readonly routingId: string;
  readonly reps: Reps;
  /** Leads routed through the queue, and those of them that went to the handoff owner. */
  readonly routed: number;
  readonly toHandoffOwner: number;
  readonly lastRoutedAt: Instant | null;
}

const onReps =
  <D>(step: (reps: Reps, data: D) => Reps) =>
  (doc: RoutingQueue, { data }: { readonly data: D }): RoutingQueue => ({ ...doc, reps: step(doc.reps, data) });

/** Who takes part in a queue, how much each has had, and whose turn it is. */
export const routingQueues = projection<RoutingQueue, RoutingEvent>({
  name: 'routing-queues',
  version: 1,
  columns: { routingId: 'text', lastRoutedAt: 'text' },
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

/** The members of a queue: those present in the order of their turns, then those away by id. */
export const membersOf = ({ reps: all }: RoutingQueue): readonly Rep[] => [
  ...inTurn(all),
  ...Object.values(all)
    .filter(({ member, away }) => member && away)
    .sort((a, b) => (a.rep < b.rep ? -1 : 1)),
];
