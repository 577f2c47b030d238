import fc from 'fast-check';
import { DAY_MS } from '@baton/kernel';
import { contributions, levers, emptyTally, addTallies, velocityRow, warningsOf, type Tally } from './velocity.rules';

const tally = (
  open: number,
  won: number,
  lost: number,
  averageMinor: number,
  days: number,
  currency = 'USD',
): Tally => ({
  open,
  won,
  lost,
  wonAmounts: new Map([[currency, { minor: BigInt(won * averageMinor), deals: won }]]),
  cycleMs: BigInt(won * days * DAY_MS),
  closedBeforeOpening: 0,
});
const usd = (minor: number) => ({ minor, currency: 'USD' });
/** The contribution in the only currency. */
const contribution = (a: Tally, b: Tally) => {
  const [one, ...others] = contributions(a, b);
  expect(others).toEqual([]);
  return one!;
};

describe('pipeline velocity', () => {
  it('is 18 × 42 000 × 0.24 / 78 = 2 326.15 a day', () =>
    expect(velocityRow(null, tally(18, 24, 76, 42_000_00, 78))).toEqual({
      key: null,
      open: 18,
      won: 24,
      lost: 76,
      winRate: 0.24,
      averageAmount: [usd(42_000_00)],
      cycleDays: 78,
      perDay: [usd(2_326_15)],
    }));
  it('is 2 791.38 per day with a cycle of 65 days', () =>
    expect(velocityRow(null, tally(18, 24, 76, 42_000_00, 65)).perDay).toEqual([usd(2_791_38)]));
  it('is computed from unrounded factors', () => {
    // the average is a third of a cent above 1.00, the rounded one is not
    const row = velocityRow(null, {
      ...tally(30_000, 3, 0, 0, 1),
      wonAmounts: new Map([['USD', { minor: 301n, deals: 3 }]]),
    });
    expect(row.averageAmount).toEqual([usd(100)]);
    expect(row.perDay).toEqual([usd(3_010_000)]);
  });
  it('rounds halves to the even minor unit', () => {
    const average = (minor: bigint) =>
      velocityRow(null, { ...emptyTally, won: 2, wonAmounts: new Map([['USD', { minor, deals: 2 }]]) }).averageAmount;
    expect([average(1n), average(3n)]).toEqual([[usd(0)], [usd(2)]]);
  });
  it('is none if a factor is missing', () => {
    expect(velocityRow('x', emptyTally)).toEqual({
      key: 'x',
      open: 0,
      won: 0,
      lost: 0,
      winRate: null,
      averageAmount: [],
      cycleDays: null,
      perDay: [],
    });
    expect(velocityRow('x', { ...tally(5, 2, 2, 100, 3), wonAmounts: new Map() })).toMatchObject({
      winRate: 0.5,
      averageAmount: [],
      cycleDays: 3,
      perDay: [],
    });
    expect(velocityRow('x', tally(5, 2, 2, 100, 0)).perDay).toEqual([]);
  });
  it('is reported per currency, to be added after conversion', () => {
    const mixed = addTallies(tally(1, 2, 0, 100, 3, 'USD'), tally(1, 1, 0, 400, 3, 'EUR'));
    // 2 open × 1 × (400 of 3 deals | 200 of 3 deals) / 3 days; at 1 EUR = 2 USD together 2 × 1000 / 3 / 3 = 222
    expect(velocityRow(null, mixed)).toMatchObject({
      open: 2,
      won: 3,
      averageAmount: [{ minor: 400, currency: 'EUR' }, usd(100)],
      perDay: [{ minor: 89, currency: 'EUR' }, usd(44)],
    });
    expect(warningsOf('total', mixed)).toEqual([]);
  });
  it('leaves deals that closed before they opened out of the cycle, and counts them in a warning', () => {
    const early = {
      ...emptyTally,
      won: 1,
      closedBeforeOpening: 1,
      wonAmounts: new Map([['USD', { minor: 100n, deals: 1 }]]),
    };
    const row = velocityRow(null, addTallies(tally(1, 1, 0, 100, 32), early));
    expect(row).toMatchObject({ won: 2, cycleDays: 32, perDay: [usd(3)] });
    expect(warningsOf('total', addTallies(tally(1, 1, 0, 100, 32), early))).toEqual([
      'total: 1 of 2 won deals closed before they opened; the cycle leaves them out.',
    ]);
    expect(velocityRow(null, early)).toMatchObject({ winRate: 1, cycleDays: null, perDay: [] });
  });
  it('is exact beyond 2^53 minor units', () => {
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    const huge = { ...tally(4, 1, 0, 0, 1), wonAmounts: new Map([['IDR', { minor: most, deals: 1 }]]) };
    expect(velocityRow(null, huge).perDay).toEqual([{ minor: String(most * 4n), currency: 'IDR' }]);
  });
  it('averages the known amounts, and reports how many are missing', () => {
    const some = { ...emptyTally, won: 3, wonAmounts: new Map([['USD', { minor: 500n, deals: 2 }]]) };
    expect(velocityRow(null, some).averageAmount).toEqual([usd(250)]);
    expect(warningsOf('total', some)).toEqual(['total: 1 of 3 won deals have no amount; the average leaves them out.']);
  });
});

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
    expect(contributions(before, emptyTally)).toEqual([]);
  });

  const anyTally = fc
    .tuple(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.integer({ min: DAY_MS, max: 400 * DAY_MS }),
    )
    .map(([open, won, lost, minor, ms]): Tally => ({
      open,
      won,
      lost,
      wonAmounts: new Map([['USD', { minor: BigInt(minor), deals: won }]]),
      cycleMs: BigInt(ms),
      closedBeforeOpening: 0,
    }));
  it('sums to the difference of the rounded velocities exactly', () =>
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const { change, levers: parts } = contribution(a, b);
        const shown = (tallied: Tally) => BigInt(velocityRow(null, tallied).perDay[0]!.minor);
        expect(BigInt(change.minor)).toBe(shown(b) - shown(a));
        expect(levers.reduce((sum, lever) => sum + BigInt(parts[lever].minor), 0n)).toBe(BigInt(change.minor));
      }),
    ));
  it('is the mean over all orders of changing one lever after another', () =>
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const factors = (t: Tally) => {
          const [, { minor, deals }] = [...t.wonAmounts][0]!;
          const cycle = Number(t.cycleMs) / t.won / DAY_MS;
          return {
            open: t.open,
            winRate: t.won / (t.won + t.lost),
            averageAmount: Number(minor) / deals,
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
        const { levers: parts } = contribution(a, b);
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
