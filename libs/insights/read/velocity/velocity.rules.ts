import { Decimal } from 'decimal.js';
import { DAY_MS, wholeNumberOf, type MoneySum } from '@baton/kernel';
import { ExactNumber as Exact } from '../../figures/exact.rules';

/** Counts and sums over some deals of a period, before any division. */
export interface Tally {
  /** Open at the end of the period. */
  readonly open: number;
  /** Closed within the period. */
  readonly won: number;
  readonly lost: number;
  /** Won deals that have an amount, by currency; minor units. */
  readonly wonAmounts: ReadonlyMap<string, { readonly minor: bigint; readonly deals: number }>;
  /**
   * Sum of opening to win over the won deals, in milliseconds; without deals that closed before they opened, which have
   * no duration.
   */
  readonly cycleMs: bigint;
  readonly closedBeforeOpening: number;
}
export const emptyTally: Tally = {
  open: 0,
  won: 0,
  lost: 0,
  wonAmounts: new Map(),
  cycleMs: 0n,
  closedBeforeOpening: 0,
};

/** Adds two tallies of different deals. */
export const addTallies = (a: Tally, b: Tally): Tally => {
  const wonAmounts = new Map(a.wonAmounts);
  for (const [currency, { minor, deals }] of b.wonAmounts) {
    const known = wonAmounts.get(currency) ?? { minor: 0n, deals: 0 };
    wonAmounts.set(currency, { minor: known.minor + minor, deals: known.deals + deals });
  }
  return {
    open: a.open + b.open,
    won: a.won + b.won,
    lost: a.lost + b.lost,
    wonAmounts: wonAmounts,
    cycleMs: a.cycleMs + b.cycleMs,
    closedBeforeOpening: a.closedBeforeOpening + b.closedBeforeOpening,
  };
};

/** One line of the velocity report. Amounts are in minor units, rounded half-even; rates 0…1. */
export interface VelocityRow {
  /** The product, owner, source or month; null for deals without one, and for the total. */
  readonly key: string | null;
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  /** won / (won + lost); null if nothing closed. */
  readonly winRate: number | null;
  /** Over the won deals in each currency, by code; [] if none has an amount. */
  readonly averageAmount: readonly MoneySum[];
  /** Mean time from opening to win, in days of 24 hours; null if no won deal has a duration. */
  readonly cycleDays: number | null;
  /**
   * Per day: open × win rate × won amount in the currency / won deals with an amount / cycle. One per currency, by
   * code; to add them up, convert them to one currency. [] if a factor is missing or the cycle is zero.
   */
  readonly perDay: readonly MoneySum[];
}

/** The four levers of the velocity. */
export const levers = ['open', 'winRate', 'averageAmount', 'cycleDays'] as const;
export type Lever = (typeof levers)[number];

/** Won deals with an amount, in any currency. */
const withAmount = ({ wonAmounts }: Tally): number =>
  [...wonAmounts.values()].reduce((sum, { deals }) => sum + deals, 0);
const currenciesOf = (...tallies: readonly Tally[]): readonly string[] =>
  [...new Set(tallies.flatMap(({ wonAmounts }) => [...wonAmounts.keys()]))].sort();
const exactRatio = (value: bigint): Decimal => new Exact(value.toString());

/** The unrounded factors that do not depend on the currency; null if the divisor is zero. */
const partsOf = ({ open, won, lost, cycleMs, closedBeforeOpening }: Tally) => ({
  open: new Exact(open),
  winRate: won + lost > 0 ? new Exact(won).div(won + lost) : null,
  cycleDays:
    won > closedBeforeOpening
      ? exactRatio(cycleMs)
          .div(won - closedBeforeOpening)
          .div(DAY_MS)
      : null,
});

/**
 * The levers of a velocity in one currency; undefined if one is missing. The average amount is the won amount in this
 * currency, divided by the number of all won deals with an amount.
 */
const factorsOf = (tally: Tally, currency: string): Record<Lever, Decimal> | undefined => {
  const { open, winRate, cycleDays } = partsOf(tally);
  const deals = withAmount(tally);
  if (!winRate || deals === 0 || !cycleDays?.gt(0)) return undefined;
  return {
    open,
    winRate,
    averageAmount: exactRatio(tally.wonAmounts.get(currency)?.minor ?? 0n).div(deals),
    cycleDays,
  };
};
const velocityOf = ({ open, winRate, averageAmount, cycleDays }: Record<Lever, Decimal>): Decimal =>
  open.times(winRate).times(averageAmount).div(cycleDays);
const roundMoney = (minor: Decimal): bigint => BigInt(minor.toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN).toFixed(0));

/**
 * Pipeline velocity and its factors: open × win rate × average won amount / cycle days. The velocity is computed from
 * the unrounded factors. Never throws.
 */
export const velocityRow = (key: string | null, tally: Tally): VelocityRow => {
  const { winRate, cycleDays } = partsOf(tally);
  const currencies = currenciesOf(tally);
  return {
    key,
    open: tally.open,
    won: tally.won,
    lost: tally.lost,
    winRate: winRate?.toNumber() ?? null,
    averageAmount: currencies.map((currency) => {
      const { minor, deals } = tally.wonAmounts.get(currency)!;
      return { minor: wholeNumberOf(roundMoney(exactRatio(minor).div(deals))), currency };
    }),
    cycleDays: cycleDays?.toNumber() ?? null,
    perDay: currencies.flatMap((currency) => {
      const factors = factorsOf(tally, currency);
      return factors ? [{ minor: wholeNumberOf(roundMoney(velocityOf(factors))), currency }] : [];
    }),
  };
};

/** Warnings for a row: won deals without an amount, and deals that closed before they opened. */
export const warningsOf = (name: string, tally: Tally): string[] => {
  const { won, closedBeforeOpening } = tally;
  const known = withAmount(tally);
  return [
    ...(known < won
      ? [`${name}: ${won - known} of ${won} won deals have no amount; the average leaves them out.`]
      : []),
    ...(closedBeforeOpening > 0
      ? [`${name}: ${closedBeforeOpening} of ${won} won deals closed before they opened; the cycle leaves them out.`]
      : []),
  ];
};

/** The contribution of each lever to the change of the velocity in one currency; the four sum to `change` exactly. */
export interface VelocityContribution {
  readonly change: MoneySum;
  readonly levers: Readonly<Record<Lever, MoneySum>>;
}

/**
 * Splits the change of the daily velocity between two periods over its four levers, by the Shapley value: each lever's
 * effect, averaged over the 24 orders in which the levers can change. Rounded to minor units by largest remainder, so
 * that the parts sum to the difference of the two rounded velocities; a lever that did not change gets 0.
 * @returns one per currency of either period, by code; [] if one of the periods has no velocity
 */
export const contributions = (before: Tally, after: Tally): readonly VelocityContribution[] =>
  currenciesOf(before, after).flatMap((currency) => {
    const [a, b] = [factorsOf(before, currency), factorsOf(after, currency)];
    return a && b ? [contribution(a, b, currency)] : [];
  });

const contribution = (a: Record<Lever, Decimal>, b: Record<Lever, Decimal>, currency: string): VelocityContribution => {
  const shares = levers.map((lever) => {
    const others = levers.filter((other) => other !== lever);
    let share = new Exact(0);
    for (let moved = 0; moved < 2 ** others.length; moved++) {
      const factors = { ...a };
      others.forEach((other, bit) => {
        if (moved & (1 << bit)) factors[other] = b[other];
      });
      const first = others.filter((_, bit) => moved & (1 << bit)).length;
      const effect = velocityOf({ ...factors, [lever]: b[lever] }).minus(velocityOf(factors));
      share = share.plus(effect.times(permutations[first]!));
    }
    return share.div(24);
  });
  const change = roundMoney(velocityOf(b)) - roundMoney(velocityOf(a));
  const parts = apportion(change, shares);
  const money = (minor: bigint): MoneySum => ({ minor: wholeNumberOf(minor), currency });
  return {
    change: money(change),
    levers: Object.fromEntries(levers.map((lever, i) => [lever, money(parts[i]!)])) as Record<Lever, MoneySum>,
  };
};
/** In how many of the 24 orders a lever changes after exactly k given others: k! × (3 − k)!. */
const permutations = [6, 2, 2, 6];

/**
 * Rounds the shares to whole numbers that sum to the total, by largest remainder; shares may be negative, and a zero
 * stays zero.
 */
const apportion = (total: bigint, shares: readonly Decimal[]): bigint[] => {
  const parts = shares.map((share) => BigInt(share.floor().toFixed(0)));
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share.minus(share.floor()), zero: share.isZero() }))
    .filter(({ zero }) => !zero)
    .sort((a, b) => b.remainder.cmp(a.remainder) || a.index - b.index);
  let rest = Number(total - parts.reduce((sum, part) => sum + part, 0n));
  // The velocities are rounded themselves, so the remainder may exceed the number of parts, or be negative by one.
  for (let i = 0; rest > 0; i++, rest--) parts[byRemainder[i % byRemainder.length]!.index]! += 1n;
  for (let i = byRemainder.length - 1; rest < 0; i--, rest++) parts[byRemainder[i]!.index]! -= 1n;
  return parts;
};
