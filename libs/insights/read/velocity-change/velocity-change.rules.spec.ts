import fc from 'fast-check';
import { DAY_MS } from '@baton/kernel';
import { exactOf, roundedInteger } from '../../figures/exact.rules';
import { contributions, levers, type VelocityParts } from './velocity-change.rules';

interface Tally {
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  readonly minor: number;
  readonly cycleMs: number;
}
const partsOf = ({ open, won, lost, minor, cycleMs }: Tally, currency = 'USD'): VelocityParts => ({
  open: exactOf(open),
  winRate: won + lost === 0 ? undefined : exactOf(won).div(won + lost),
  wonAmounts: new Map([[currency, exactOf(minor)]]),
  pricedWins: exactOf(won),
  cycleDays: won === 0 ? undefined : exactOf(cycleMs).div(won).div(DAY_MS),
});
const tally = (open: number, won: number, lost: number, average: number, days: number, currency = 'USD') =>
  partsOf({ open, won, lost, minor: won * average, cycleMs: won * days * DAY_MS }, currency);
const usd = (minor: number) => ({ minor, currency: 'USD' });
/** The contribution in the only currency. */
const contribution = (a: VelocityParts, b: VelocityParts) => {
  const [one, ...others] = contributions(a, b);
  expect(others).toEqual([]);
  return one!;
};

describe('the contribution of the levers', () => {
  const before = tally(18, 24, 76, 42_000_00, 78);

  it('gives the whole change to the only lever that changed', () =>
    expect(contribution(before, tally(18, 24, 76, 42_000_00, 65))).toEqual({
      change: usd(2_791_38 - 2_326_15),
      levers: { open: usd(0), winRate: usd(0), averageAmount: usd(0), cycleDays: usd(465_23) },
    }));
  it('splits the joint effect of two levers evenly', () => {
    // 1 → 2 and 1 → 3 at once: 1 → 6; alone 1 and 2, together 2 more
    expect(contribution(tally(1, 1, 0, 100, 1), tally(2, 1, 0, 300, 1)).levers).toEqual({
      open: usd(200),
      winRate: usd(0),
      averageAmount: usd(300),
      cycleDays: usd(0),
    });
  });
  it('is given for each currency of either period, and not without a velocity', () => {
    const after = tally(18, 24, 76, 42_000_00, 78, 'EUR');
    expect(contributions(before, after).map(({ change }) => change)).toEqual([
      { minor: 2_326_15, currency: 'EUR' },
      usd(-2_326_15),
    ]);
    expect(contributions(before, after)[1]!.levers.averageAmount).toEqual(usd(-2_326_15));
    expect(contributions(before, tally(3, 0, 0, 0, 0))).toEqual([]);
  });

  const anyTally = fc
    .tuple(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.integer({ min: DAY_MS, max: 400 * DAY_MS }),
    )
    .map(([open, won, lost, minor, cycleMs]): Tally => ({ open, won, lost, minor, cycleMs }));
  it('sums to the difference of the rounded velocities exactly', () =>
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const { change, levers: parts } = contribution(partsOf(a), partsOf(b));
        const shown = (tallied: Tally) => {
          const { open, winRate, pricedWins, cycleDays } = partsOf(tallied);
          return roundedInteger(open.times(winRate!).times(tallied.minor).div(pricedWins).div(cycleDays!));
        };
        expect(BigInt(change.minor)).toBe(shown(b) - shown(a));
        expect(levers.reduce((sum, lever) => sum + BigInt(parts[lever].minor), 0n)).toBe(BigInt(change.minor));
      }),
    ));
  it('is the mean over all orders of changing one lever after another', () =>
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const factors = (t: Tally) => {
          const cycle = t.cycleMs / t.won / DAY_MS;
          return {
            open: t.open,
            winRate: t.won / (t.won + t.lost),
            averageAmount: t.minor / t.won,
            cycleDays: cycle,
          };
        };
        const speed = (f: ReturnType<typeof factors>) => (f.open * f.winRate * f.averageAmount) / f.cycleDays;
        const [x, y] = [factors(a), factors(b)];
        const sums = { open: 0, winRate: 0, averageAmount: 0, cycleDays: 0 };
        for (const order of permutations(levers)) {
          const now = { ...x };
          for (const lever of order) {
            const earlier = speed(now);
            now[lever] = y[lever];
            sums[lever] += speed(now) - earlier;
          }
        }
        const { levers: parts } = contribution(partsOf(a), partsOf(b));
        const largest = Math.max(speed(x), speed(y), ...Object.values(sums).map(Math.abs));
        for (const lever of levers)
          expect(Math.abs(Number(parts[lever].minor) - sums[lever] / 24)).toBeLessThanOrEqual(2 + largest * 1e-9);
      }),
      { numRuns: 50 },
    ));
});

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
