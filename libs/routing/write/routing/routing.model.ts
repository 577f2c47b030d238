import type { RoutingEvent } from './routing.events';

/** A rep of a queue and their load. */
export interface Rep {
  readonly rep: string;
  readonly weight: number;
  readonly member: boolean;
  readonly away: boolean;
  readonly base: number;
  readonly assigned: number;
  readonly returned: number;
}
/** All current and former members by name; a rep who joins again continues with the earlier counts. */
export type Reps = Readonly<Record<string, Rep>>;

export const isPresent = ({ member, away }: Rep): boolean => member && !away;
/** Leads that count towards the rep's turn. */
export const loadOf = ({ base, assigned, returned }: Rep): number => base + assigned - returned;
/** Load by weight, in billionths, because whole numbers compare exactly. */
export const levelOf = (rep: Rep): number => Math.round((loadOf(rep) / rep.weight) * 1e9);

/** The present reps in the order of their turns: lowest level first, ties by id. */
export const inTurn = (reps: Reps): readonly Rep[] =>
  Object.values(reps)
    .filter(isPresent)
    .sort((a, b) => levelOf(a) - levelOf(b) || (a.rep < b.rep ? -1 : 1));

const changed = (reps: Reps, rep: string, change: Partial<Rep>): Reps => {
  const known = Object.hasOwn(reps, rep) ? reps[rep]! : newcomer(rep);
  return { ...reps, [rep]: { ...known, ...change } };
};
export const newcomer = (rep: string): Rep => ({
  rep,
  weight: 1,
  member: false,
  away: false,
  base: 0,
  assigned: 0,
  returned: 0,
});

/** The state of a queue after an event. */
export const repsAfter: {
  readonly [T in RoutingEvent['type']]: (reps: Reps, data: Extract<RoutingEvent, { type: T }>['data']) => Reps;
} = {
  RepJoined: (reps, { rep, weight }) => changed(reps, rep, { weight, member: true }),
  RepLeft: (reps, { rep }) => changed(reps, rep, { member: false, away: false }),
  RepMarkedAbsent: (reps, { rep }) => changed(reps, rep, { away: true }),
  RepMarkedAvailable: (reps, { rep }) => changed(reps, rep, { away: false }),
  RepBaselineSet: (reps, { rep, base }) => changed(reps, rep, { base }),
  // The handoff owner is not a member of the queue and has no turn in it.
  RepChosen: (reps, { rep, by }) =>
    by === 'handoff-owner' ? reps : changed(reps, rep, { assigned: (reps[rep]?.assigned ?? 0) + 1 }),
  LeadUnassigned: (reps, { rep }) => changed(reps, rep, { returned: (reps[rep]?.returned ?? 0) + 1 }),
};
