/** How entries into stages become steps of a funnel. */
export const readings = ['in-order', 'any-order', 'skips-passed'] as const;
export type FunnelReading = (typeof readings)[number];

/** What persons, deals or accounts came to, each oldest first: a number for each entry. */
export interface FunnelEntries {
  /** Milliseconds since 1970. */
  readonly at: ArrayLike<number>;
  /** The step from 0, `NO_STEP`, or `EXCLUDED`. */
  readonly step: ArrayLike<number>;
  /** 1 where an attempt may begin: in the period, and among the rows that are asked for. */
  readonly mayBegin: ArrayLike<number>;
}
export const NO_STEP = -1;
/** Ends an attempt. */
export const EXCLUDED = -2;

/** How far one came from one beginning. */
export interface Attempt {
  /** The entry that it begins with. */
  readonly begin: number;
  /** Steps reached, from 1. */
  readonly reached: number;
  /** The instant of each step; NaN for those that were passed over or not reached. */
  readonly at: readonly number[];
}
export interface FunnelShape {
  readonly reading: FunnelReading;
  readonly steps: number;
  /** Milliseconds from the beginning within which a step counts, the edge included. */
  readonly windowMs: number;
}

/** Keeps the attempt that came furthest; of several that which begins at the earliest step, then the fastest, then the first. */
class BestAttempt {
  found: Attempt | undefined;
  private took = Infinity;
  /** @param stepOf the step with which an entry begins; without it steps have no order */
  constructor(private readonly stepOf?: ArrayLike<number>) {}

  /** @param took from its beginning to its last step; @param times asked for only if the attempt is kept */
  offer(begin: number, reached: number, took: number, times: () => readonly number[]): void {
    const { found, stepOf } = this;
    const better =
      found === undefined
        ? 1
        : reached - found.reached ||
          (stepOf ? stepOf[found.begin]! - stepOf[begin]! : 0) ||
          this.took - took ||
          found.begin - begin;
    if (better <= 0) return;
    this.found = { begin, reached, at: times() };
    this.took = took;
  }
}
const unreached = (steps: number): number[] => new Array<number>(steps).fill(NaN);
type Find = (entries: FunnelEntries, from: number, to: number, shape: FunnelShape) => Attempt | undefined;

/** Of each step the way to it that began last: no other comes to a later entry faster, or within a window that it misses. */
const findInOrder: Find = ({ at, step, mayBegin }, from, to, { steps, windowMs }) => {
  // Numbers only, because there are millions of entries: where the way to each step began, and its instants after each other.
  const begins = new Array<number>(steps).fill(-1);
  const instants = new Array<number>(steps * steps).fill(NaN);
  const best = new BestAttempt();
  for (let entry = from; entry < to; entry++) {
    const its = step[entry]!;
    if (its === EXCLUDED) begins.fill(-1);
    if (its < 0) continue;
    const now = at[entry]!;
    const began = its === 0 ? entry : begins[its - 1]!;
    if (its === 0 ? !mayBegin[entry] : began < 0 || now - at[began]! > windowMs) continue;
    if (begins[its]! >= 0 && at[begins[its]!]! >= at[began]!) continue;
    begins[its] = began;
    const row = its * steps;
    for (let one = 0; one < its; one++) instants[row + one] = instants[row - steps + one]!;
    instants[row + its] = now;
    best.offer(began, its + 1, now - at[began]!, () => instants.slice(row, row + steps));
  }
  return best.found;
};

type Next = { readonly step: number; readonly at: number };
/** From each beginning the next entry into every step, before an excluded stage and within the window, oldest first. */
const findByNext =
  (isOrdered: boolean, attemptOf: (next: readonly Next[], steps: number) => Omit<Attempt, 'begin'>): Find =>
  ({ at, step, mayBegin }, from, to, { steps, windowMs }) => {
    const best = new BestAttempt(isOrdered ? step : undefined);
    const nextOf = new Array<number>(steps).fill(to);
    let end = to;
    for (let entry = to - 1; entry >= from; entry--) {
      const its = step[entry]!;
      if (its === EXCLUDED) end = entry;
      if (its < 0) continue;
      nextOf[its] = entry;
      if (!mayBegin[entry]) continue;
      const until = at[entry]! + windowMs;
      const next = nextOf
        .map((place, one) => ({ place, step: one, at: at[place]! }))
        .filter((one) => one.place < end && one.at <= until)
        .sort((a, b) => a.place - b.place);
      const { reached, at: times } = attemptOf(next, steps);
      const last = times.reduce((latest, one) => (one > latest ? one : latest), -Infinity);
      best.offer(entry, reached, last - at[entry]!, () => times);
    }
    return best.found;
  };

const findBy: Readonly<Record<FunnelReading, Find>> = {
  'in-order': findInOrder,
  'any-order': findByNext(false, (next, steps) => {
    const at = unreached(steps);
    next.forEach((one, place) => (at[place] = one.at));
    return { reached: next.length, at };
  }),
  'skips-passed': findByNext(true, (next, steps) => {
    const at = unreached(steps);
    let reached = 0;
    for (const one of next) {
      if (one.step < reached) continue;
      at[one.step] = one.at;
      reached = one.step + 1;
    }
    return { reached, at };
  }),
};

/**
 * The attempt that counts, of the entries from one place up to another: the furthest; of several that which begins at the
 * earliest step, then the fastest, then the first. An attempt ends where an excluded stage is entered.
 * - in order: step k after step k − 1;
 * - any order: step k is the k-th of the steps that was come to, whichever it is;
 * - skips passed: reaching a step counts all before it.
 * @returns undefined without an entry that it may begin with
 */
export const bestAttempt = (
  entries: FunnelEntries,
  from: number,
  to: number,
  shape: FunnelShape,
): Attempt | undefined => findBy[shape.reading](entries, from, to, shape);
