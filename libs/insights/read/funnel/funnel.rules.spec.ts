import fc from 'fast-check';
import { repetitions } from '@baton/kernel/testing';
import { bestAttempt, EXCLUDED, readings, type Attempt, type FunnelReading } from './funnel.rules';

interface Entry {
  readonly at: number;
  /** A to D are steps, X is excluded, others are none. */
  readonly what: string;
  readonly mayBegin: boolean;
}
const steps = ['A', 'B', 'C', 'D'];
const find = (entries: readonly Entry[], reading: FunnelReading, windowMs = Infinity, names = steps) =>
  bestAttempt(
    {
      at: entries.map(({ at }) => at),
      step: entries.map(({ what }) => (what === 'X' ? EXCLUDED : names.indexOf(what))),
      mayBegin: entries.map(({ mayBegin }) => Number(mayBegin)),
    },
    0,
    entries.length,
    { reading, steps: names.length, windowMs },
  );
const entriesOf = (...all: readonly (readonly [at: number, what: string])[]): readonly Entry[] =>
  all.map(([at, what]) => ({ at, what, mayBegin: true }));

/** What a subsequence of entries that begins an attempt reaches: the instants of steps, or undefined if it is none. */
const stepsOf: Readonly<
  Record<FunnelReading, (picked: readonly number[]) => { reached: number; places: readonly number[] } | undefined>
> = {
  'in-order': (picked) =>
    picked.every((step, place) => step === place) ? { reached: picked.length, places: picked } : undefined,
  'any-order': (picked) =>
    new Set(picked).size === picked.length
      ? { reached: picked.length, places: picked.map((_, place) => place) }
      : undefined,
  'skips-passed': (picked) =>
    picked.every((step, place) => place === 0 || step > picked[place - 1]!)
      ? { reached: picked.at(-1)! + 1, places: picked }
      : undefined,
};
/** All subsequences; the best is taken as the rule says, and of those that are equal the one whose steps come first. */
const byAllSubsequences = (
  entries: readonly Entry[],
  reading: FunnelReading,
  windowMs: number,
): Attempt | undefined => {
  const found: { attempt: Attempt; first: number; took: number; entries: readonly number[] }[] = [];
  for (let mask = 1; mask < 1 << entries.length; mask++) {
    const picked = entries.map((_, place) => place).filter((place) => mask & (1 << place));
    const [begin, end] = [picked[0]!, picked.at(-1)!];
    if (!entries[begin]!.mayBegin || picked.some((place) => !steps.includes(entries[place]!.what))) continue;
    if (entries.slice(begin, end).some(({ what }) => what === 'X')) continue;
    const took = entries[end]!.at - entries[begin]!.at;
    if (took > windowMs) continue;
    const reached = stepsOf[reading](picked.map((place) => steps.indexOf(entries[place]!.what)));
    if (!reached) continue;
    const at = steps.map((_, step) => entries[picked[reached.places.indexOf(step)] ?? -1]?.at ?? NaN);
    const first = reading === 'skips-passed' ? steps.indexOf(entries[begin]!.what) : 0;
    found.push({ attempt: { begin, reached: reached.reached, at }, first, took, entries: picked });
  }
  // Of one beginning and end the steps between are those that come first, and none is passed over that was entered.
  const order = (a: (typeof found)[number], b: (typeof found)[number]): number => {
    const rules = [b.attempt.reached - a.attempt.reached, a.first - b.first, a.took - b.took];
    const places = a.entries.map((place, index) => place - (b.entries[index] ?? Infinity));
    return [...rules, a.attempt.begin - b.attempt.begin, ...places].find((difference) => difference !== 0) ?? 0;
  };
  return found.sort(order)[0]?.attempt;
};

describe('the attempt of a funnel', () => {
  it.each(readings)('%s is the best of all subsequences', (reading) =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            ...{ at: fc.integer({ min: 0, max: 12 }), mayBegin: fc.boolean() },
            what: fc.constantFrom('A', 'B', 'C', 'D', 'A', 'B', 'X', 'other'),
          }),
          { maxLength: 9 },
        ),
        fc.constantFrom(3, 6, Infinity),
        (unsorted, windowMs) => {
          const entries = [...unsorted].sort((a, b) => a.at - b.at);
          expect(find(entries, reading, windowMs)).toEqual(byAllSubsequences(entries, reading, windowMs));
        },
      ),
      { numRuns: repetitions(300, 20_000) },
    ),
  );

  it('is the furthest, and of several the fastest', () => {
    const complete = entriesOf([0, 'A'], [60, 'B'], [100, 'A'], [200, 'A']);
    expect(find(complete, 'in-order', Infinity, ['A', 'B'])).toMatchObject({ begin: 0, reached: 2, at: [0, 60] });
    const twice = entriesOf([0, 'A'], [60, 'B'], [100, 'A'], [130, 'B']);
    expect(find(twice, 'in-order', Infinity, ['A', 'B'])).toMatchObject({ begin: 2, at: [100, 130] });
  });
  it('counts a step at the edge of its window', () => {
    const late = entriesOf([0, 'A'], [300, 'B']);
    expect(find(late, 'in-order', 300)?.reached).toBe(2);
    expect(find(late, 'in-order', 299)?.reached).toBe(1);
  });
  it('ends where an excluded stage is entered', () => {
    expect(find(entriesOf([0, 'A'], [1, 'B'], [2, 'X'], [3, 'C']), 'in-order')?.reached).toBe(2);
    expect(find(entriesOf([0, 'A'], [1, 'X'], [2, 'B']), 'skips-passed')?.reached).toBe(2);
  });
});
