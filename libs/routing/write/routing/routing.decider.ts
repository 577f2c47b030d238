import { decider, refuse, type NewEvent, type Refused } from '@baton/kernel';
import type { DefinitionBodies } from '@baton/definitions';
import { MAX_REPS, routingCommands, routingEvents, type RoutingCommand, type RoutingEvent } from './routing.events';
import { inTurn, levelOf, loadOf, newcomer, repsAfter, type Rep, type Reps } from './routing.model';

/** The state keeps the last leads of a queue only, because a queue may have any number. */
const REMEMBERED_LEADS = 1000;

interface Queue {
  readonly reps: Reps;
  readonly leads: readonly {
    readonly leadId: string;
    readonly rep: string;
    readonly choice: string;
    readonly returned: boolean;
  }[];
}
const repOf = ({ reps }: Queue, rep: string): Rep | undefined => (Object.hasOwn(reps, rep) ? reps[rep] : undefined);
const notInQueue = (rep: string): Refused =>
  refuse('routing/not-in-queue', `${rep} is not a member of this queue; add the rep with JoinQueue first.`, 'rep', {
    rep,
  });

/** Index of a choice: the given one, or the last for that lead. */
const choiceIndexOf = (leads: Queue['leads'], leadId: string, choice: string | undefined): number =>
  leads.findLastIndex((lead) => lead.leadId === leadId && (choice === undefined || lead.choice === choice));

/** Sets the baseline that puts a rep at a level; [] if the rep has that level already. */
const setLevel = (routingId: string, rep: Rep, level: number): readonly NewEvent<RoutingEvent>[] => {
  if (level === levelOf(rep)) return [];
  const load = (level / 1e9) * rep.weight;
  // With nine digits, the level is reproduced exactly.
  const base = Number((load - rep.assigned + rep.returned).toFixed(9));
  return [{ type: 'RepBaselineSet', data: { routingId, rep: rep.rep, base } }];
};

/**
 * Raises a rep who joins or returns to the lowest level of the other present reps, so that no missed turns are caught
 * up; a rep above that level keeps the own level.
 */
const setBaseline = ({ reps }: Queue, routingId: string, coming: Rep): readonly NewEvent<RoutingEvent>[] => {
  const lowest = inTurn(reps).find(({ rep }) => rep !== coming.rep);
  return setLevel(routingId, coming, Math.max(levelOf(coming), lowest ? levelOf(lowest) : -Infinity));
};

const withReps =
  <D>(step: (reps: Reps, data: D) => Reps) =>
  (state: Queue, { data }: { readonly data: D }): Queue => ({ ...state, reps: step(state.reps, data) });

export const routingDecider = decider<Queue, RoutingCommand, RoutingEvent, DefinitionBodies>({
  commands: routingCommands,
  events: routingEvents,
  uses: ['routing'],
  initialState: () => ({ reps: {}, leads: [] }),
  decide: {
    JoinQueue: (state, { data }) => {
      const { routingId, rep, weight } = data;
      const known = repOf(state, rep);
      if (known?.member && known.weight === weight) return [];
      if (!known && Object.keys(state.reps).length >= MAX_REPS)
        return refuse(
          'routing/queue-full',
          `The queue already has ${MAX_REPS} reps, the most it can hold; members who left count too.`,
          'rep',
        );
      const coming = { ...(known ?? newcomer(rep)), weight, member: true };
      const joined: NewEvent<RoutingEvent> = { type: 'RepJoined', data };
      // A new weight changes the share of future leads, not whose turn it is now.
      if (known?.member) return [joined, ...setLevel(routingId, coming, levelOf(known))];
      return [joined, ...setBaseline(state, routingId, coming)];
    },
    LeaveQueue: (state, { data }) => {
      const known = repOf(state, data.rep);
      if (!known) return notInQueue(data.rep);
      return known.member ? [{ type: 'RepLeft', data }] : [];
    },
    MarkRepAbsent: (state, { data }) => {
      const known = repOf(state, data.rep);
      if (!known?.member) return notInQueue(data.rep);
      return known.away ? [] : [{ type: 'RepMarkedAbsent', data }];
    },
    MarkRepAvailable: (state, { data }) => {
      const known = repOf(state, data.rep);
      if (!known?.member) return notInQueue(data.rep);
      return known.away ? [{ type: 'RepMarkedAvailable', data }, ...setBaseline(state, data.routingId, known)] : [];
    },
    UnassignLead: ({ leads }, { data: { routingId, leadId, choice } }) => {
      const last = leads[choiceIndexOf(leads, leadId, choice)];
      if (!last)
        return refuse(
          'routing/not-assigned',
          'The lead is not among the last 1,000 leads that this queue assigned; check leadId and routingId.',
          'leadId',
        );
      if (last.returned) return [];
      return [{ type: 'LeadUnassigned', data: { routingId, leadId, rep: last.rep, choice: last.choice } }];
    },
    ChooseRep: (state, { data: { routingId, leadId, rule, owner, notAtWork, standIn } }, { definition }) => {
      const agreed = definition('routing');
      if (!agreed)
        return refuse('routing/no-definition', 'No definition of routing is in force; propose and approve one first.');
      const present = inTurn(state.reps).filter(({ rep }) => !notAtWork?.includes(rep));
      const owning = present.find(({ rep }) => rep === owner);
      const [rep, by] = owning
        ? ([owning.rep, 'account-owner'] as const)
        : present[0]
          ? ([present[0].rep, 'turn'] as const)
          : ([standIn ?? agreed.body.handoffOwner, 'handoff-owner'] as const);
      const standings = present.map((each) => ({ rep: each.rep, load: loadOf(each), weight: each.weight }));
      const absent = notAtWork && { notAtWork };
      return [
        { type: 'RepChosen', data: { routingId, leadId, rep, definition: agreed.ref, rule, by, ...absent, standings } },
      ];
    },
  },
  evolve: {
    RepJoined: withReps(repsAfter.RepJoined),
    RepLeft: withReps(repsAfter.RepLeft),
    RepMarkedAbsent: withReps(repsAfter.RepMarkedAbsent),
    RepMarkedAvailable: withReps(repsAfter.RepMarkedAvailable),
    RepBaselineSet: withReps(repsAfter.RepBaselineSet),
    RepChosen: ({ reps, leads }, { id, data }) => ({
      reps: repsAfter.RepChosen(reps, data),
      leads:
        data.by === 'handoff-owner'
          ? leads
          : [...leads, { leadId: data.leadId, rep: data.rep, choice: id, returned: false }].slice(-REMEMBERED_LEADS),
    }),
    LeadUnassigned: ({ reps, leads }, { data }) => {
      const place = choiceIndexOf(leads, data.leadId, data.choice);
      return {
        reps: repsAfter.LeadUnassigned(reps, data),
        leads: leads.map((lead, index) => (index === place ? { ...lead, returned: true } : lead)),
      };
    },
  },
});
