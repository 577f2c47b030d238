import { wholeNumberOf, type MoneySum } from '@baton/kernel';
import { ExactNumber, roundedInteger, type Exact } from '../../figures/exact.rules';

/** The four levers of the velocity. */
export const levers = ['open', 'winRate', 'averageAmount', 'cycleDays'] as const;
export type Lever = (typeof levers)[number];

/** The figures that a velocity is made of, in one period. */
export interface VelocityParts {
  readonly open: Exact;
  /** Undefined where nothing closed. */
  readonly winRate: Exact | undefined;
  /** Won amounts by currency, in minor units. */
  readonly wonAmounts: ReadonlyMap<string, Exact>;
  /** Won deals with an amount, in any currency. */
  readonly pricedWins: Exact;
  /** Undefined where no won deal has a duration. */
  readonly cycleDays: Exact | undefined;
}
type Factors = Readonly<Record<Lever, Exact>>;

/** The levers of a velocity in one currency; undefined if one is missing. */
const factorsOf = (parts: VelocityParts, currency: string): Factors | undefined => {
  const { open, winRate, wonAmounts, pricedWins, cycleDays } = parts;
  if (!winRate || pricedWins.isZero() || !cycleDays?.gt(0)) return undefined;
  const averageAmount = (wonAmounts.get(currency) ?? new ExactNumber(0)).div(pricedWins);
  return { open, winRate, averageAmount, cycleDays };
};
const velocityOf = ({ open, winRate, averageAmount, cycleDays }: Factors): Exact =>
  open.times(winRate).times(averageAmount).div(cycleDays);

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
export const contributions = (before: VelocityParts, after: VelocityParts): readonly VelocityContribution[] =>
  [...new Set([before, after].flatMap(({ wonAmounts }) => [...wonAmounts.keys()]))].sort().flatMap((currency) => {
    const [a, b] = [factorsOf(before, currency), factorsOf(after, currency)];
    return a && b ? [contribution(a, b, currency)] : [];
  });

const contribution = (a: Factors, b: Factors, currency: string): VelocityContribution => {
  const shares = levers.map((lever) => {
    const others = levers.filter((other) => other !== lever);
    let share: Exact = new ExactNumber(0);
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
  const change = roundedInteger(velocityOf(b)) - roundedInteger(velocityOf(a));
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
const apportion = (total: bigint, shares: readonly Exact[]): bigint[] => {
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
