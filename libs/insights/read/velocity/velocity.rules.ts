import { Decimal } from 'decimal.js';
import { DAY_MS, type Money } from '@baton/kernel';

/** Enough digits that no product or quotient of a report loses a minor unit. */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_EVEN });

/** What is counted of some deals over a period, before any division. */
export interface Tally {
  /** Open at the end of the period. */
  readonly open: number;
  /** Closed within the period. */
  readonly won: number;
  readonly lost: number;
  /** Won deals that have an amount, by currency; minor units. */
  readonly worth: ReadonlyMap<string, { readonly minor: number; readonly deals: number }>;
  /** Opened to won, summed over the won deals. */
  readonly cycleMs: number;
}
export const nothing: Tally = { open: 0, won: 0, lost: 0, worth: new Map(), cycleMs: 0 };

/** Two disjoint tallies together. */
export const together = (a: Tally, b: Tally): Tally => {
  const worth = new Map(a.worth);
  for (const [currency, { minor, deals }] of b.worth) {
    const known = worth.get(currency) ?? { minor: 0, deals: 0 };
    worth.set(currency, { minor: known.minor + minor, deals: known.deals + deals });
  }
  return {
    open: a.open + b.open,
    won: a.won + b.won,
    lost: a.lost + b.lost,
    worth,
    cycleMs: a.cycleMs + b.cycleMs,
  };
};

/** One line of the velocity report. Amounts are in minor units, rounded half-even; rates 0…1. */
export interface VelocityRow {
  /** The product, owner, source or month; null for deals without one, and for the total. */
  readonly key: string | null;
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  /** won / (won + lost); null when nothing closed. */
  readonly winRate: number | null;
  /** Over the won deals that have an amount; null without any, or when they are in several currencies. */
  readonly averageAmount: Money | null;
  /** Mean time from opening to the win, in days of 24 hours; null when nothing was won. */
  readonly cycleDays: number | null;
  /** open × win rate × average amount / cycle, a day; null when a part is missing or the cycle is not positive. */
  readonly perDay: Money | null;
}

/** The four levers of the velocity. */
export const levers = ['open', 'winRate', 'averageAmount', 'cycleDays'] as const;
export type Lever = (typeof levers)[number];

/** The unrounded parts; null where there is nothing to divide by. */
const partsOf = ({ open, won, lost, worth, cycleMs }: Tally) => {
  const [currency, sum] = worth.size === 1 ? [...worth][0]! : [undefined, undefined];
  return {
    open: new Exact(open),
    winRate: won + lost > 0 ? new Exact(won).div(won + lost) : null,
    averageAmount: sum ? new Exact(sum.minor).div(sum.deals) : null,
    currency,
    cycleDays: won > 0 ? new Exact(cycleMs).div(won).div(DAY_MS) : null,
  };
};

/** The levers of a velocity; undefined when one is missing. */
const factorsOf = (tally: Tally): { factors: Record<Lever, Decimal>; currency: string } | undefined => {
  const { open, winRate, averageAmount, currency, cycleDays } = partsOf(tally);
  if (!winRate || !averageAmount || currency === undefined || !cycleDays?.gt(0)) return undefined;
  return { factors: { open, winRate, averageAmount, cycleDays }, currency };
};
const velocityOf = ({ open, winRate, averageAmount, cycleDays }: Record<Lever, Decimal>): Decimal =>
  open.times(winRate).times(averageAmount).div(cycleDays);
const rounded = (minor: Decimal, currency: string): Money => ({
  minor: minor.toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN).toNumber(),
  currency,
});

/**
 * Pipeline velocity and its parts: open × win rate × average won amount / cycle days. The velocity is computed from
 * the unrounded parts. Never throws.
 */
export const velocityRow = (key: string | null, tally: Tally): VelocityRow => {
  const { winRate, averageAmount, currency, cycleDays } = partsOf(tally);
  const whole = factorsOf(tally);
  return {
    key,
    open: tally.open,
    won: tally.won,
    lost: tally.lost,
    winRate: winRate?.toNumber() ?? null,
    averageAmount: averageAmount && currency !== undefined ? rounded(averageAmount, currency) : null,
    cycleDays: cycleDays?.toNumber() ?? null,
    perDay: whole ? rounded(velocityOf(whole.factors), whole.currency) : null,
  };
};

/** What the reader of a row must know: mixed currencies, and won deals without an amount. */
export const warningsOf = (name: string, { won, worth }: Tally): string[] => {
  const known = [...worth.values()].reduce((sum, { deals }) => sum + deals, 0);
  return [
    ...(worth.size > 1
      ? [`${name}: won deals are in ${[...worth.keys()].sort().join(', ')}; choose one currency to see amounts.`]
      : []),
    ...(known < won
      ? [`${name}: ${won - known} of ${won} won deals have no amount; the average leaves them out.`]
      : []),
  ];
};

/** How much each lever moved the velocity between two periods; the four sum to `change` exactly. */
export interface VelocityContribution {
  readonly change: Money;
  readonly levers: Readonly<Record<Lever, Money>>;
}

/**
 * Splits the change of the daily velocity between two periods over its four levers: the Shapley value, that is each
 * lever's effect averaged over the 24 orders in which the levers can move. Minor units by largest remainder, so that
 * the parts sum to the difference of the two shown velocities; a lever that did not move gets nothing.
 * @returns undefined when either velocity is missing, they are in different currencies, or a part passes 2^53
 */
export const contribution = (before: Tally, after: Tally): VelocityContribution | undefined => {
  const [a, b] = [factorsOf(before), factorsOf(after)];
  if (!a || !b || a.currency !== b.currency) return undefined;
  const shares = levers.map((lever) => {
    const others = levers.filter((other) => other !== lever);
    let share = new Exact(0);
    for (let moved = 0; moved < 2 ** others.length; moved++) {
      const factors = { ...a.factors };
      others.forEach((other, bit) => {
        if (moved & (1 << bit)) factors[other] = b.factors[other];
      });
      const first = others.filter((_, bit) => moved & (1 << bit)).length;
      const effect = velocityOf({ ...factors, [lever]: b.factors[lever] }).minus(velocityOf(factors));
      share = share.plus(effect.times(orders[first]!));
    }
    return share.div(24);
  });
  if (shares.some((share) => share.abs().gt(Number.MAX_SAFE_INTEGER))) return undefined; // no integer says it exactly
  const { currency } = a;
  const change = rounded(velocityOf(b.factors), currency).minor - rounded(velocityOf(a.factors), currency).minor;
  const parts = apportion(change, shares);
  return {
    change: { minor: change, currency },
    levers: Object.fromEntries(levers.map((lever, i) => [lever, { minor: parts[i]!, currency }])) as Record<
      Lever,
      Money
    >,
  };
};
/** In how many of the 24 orders a lever moves after exactly so many given others: k! × (3 − k)!. */
const orders = [6, 2, 2, 6];

/** Whole numbers near the shares that sum to the total, by largest remainder; shares of both signs, none for a zero. */
const apportion = (total: number, shares: readonly Decimal[]): number[] => {
  const parts = shares.map((share) => share.floor().toNumber());
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share.minus(share.floor()), zero: share.isZero() }))
    .filter(({ zero }) => !zero)
    .sort((a, b) => b.remainder.cmp(a.remainder) || a.index - b.index);
  let rest = total - parts.reduce((sum, part) => sum + part, 0);
  // The shown velocities are rounded, so the rest may pass the number of parts, or be one below zero.
  for (let i = 0; rest > 0; i++, rest--) parts[byRemainder[i % byRemainder.length]!.index]! += 1;
  for (let i = byRemainder.length - 1; rest < 0; i--, rest++) parts[byRemainder[i]!.index]! -= 1;
  return parts;
};
