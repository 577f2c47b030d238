import { data as currencies } from 'currency-codes';
import { Decimal } from 'decimal.js';
import { Refused } from './errors';

/** An amount in integer minor units (cents) of an ISO 4217 currency. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** Decimal places by code: the list of ISO 4217, the same on every platform; what it came to know later, or withdrew. */
const places = new Map<string, number>([
  ...currencies.map(({ code, digits }) => [code, digits] as const),
  ...(['XCG', 'HRK', 'BGN', 'ANG', 'SLL', 'ZWL', 'VEF', 'CUC', 'LTL', 'LVL', 'EEK'] as const).map(
    (code) => [code, 2] as const,
  ),
]);

/** Is this a code of ISO 4217? */
export const isCurrency = (code: string): boolean => places.has(code);

/** How many decimal places the minor unit of a currency has (USD 2, JPY 0, KWD 3). @throws RangeError for no currency */
export const minorDigits = (currency: string): number => {
  const known = places.get(currency);
  if (known === undefined) throw new RangeError('no currency of ISO 4217');
  return known;
};

/**
 * Reads a plain decimal ("1234.5") as money.
 * @throws Refused `money/not-an-amount`, `money/unknown-currency`, `money/too-precise`, `money/too-large`
 */
export const moneyOf = (decimal: string, currency: string, path = ''): Money => {
  if (!isCurrency(currency))
    throw new Refused('money/unknown-currency', `"${currency}" is no ISO 4217 currency, such as USD.`, path);
  if (!/^-?\d{1,20}(\.\d{1,20})?$/.test(decimal))
    throw new Refused('money/not-an-amount', 'Give a plain decimal such as 1234.50.', path);
  const minor = new Decimal(decimal).times(new Decimal(10).pow(minorDigits(currency)));
  if (!minor.isInteger())
    throw new Refused('money/too-precise', `${currency} has ${minorDigits(currency)} decimal places.`, path);
  if (minor.abs().gt(Number.MAX_SAFE_INTEGER))
    throw new Refused('money/too-large', 'The amount is beyond 2^53 minor units.', path);
  return { minor: minor.toNumber(), currency };
};

/** Money as people read it, `1234.50 USD`. */
export const formatMoney = ({ minor, currency }: Money): string => {
  const digits = minorDigits(currency);
  return `${new Decimal(minor).div(new Decimal(10).pow(digits)).toFixed(digits)} ${currency}`;
};

/**
 * Splits an integer over weights so that the parts sum to it exactly: largest remainder, and of equal remainders the
 * earlier part gets the unit. Weights are non-negative and not all zero; they need not sum to one.
 * @param minor   integer minor units, may be negative (a reversal)
 * @param weights one per part
 * @returns one integer per weight, none of the opposite sign of `minor`; [] for no weights
 */
export const allocate = (minor: number, weights: readonly number[]): number[] => {
  if (weights.length === 0) return [];
  const sign = minor < 0 ? -1 : 1;
  const amount = BigInt(Math.abs(minor));
  const largest = Math.max(...weights);
  // Weights become integers of 60 bits, so that equal weights stay equal and remainders are compared exactly. Whole
  // weights stay as they are: then even remainders of unequal weights (3 and 1) tie as they do on paper.
  const scaled = weights.every(Number.isSafeInteger)
    ? weights.map(BigInt)
    : weights.map((weight) => BigInt(Math.round((weight / largest) * 2 ** 52)) << 8n);
  const sum = scaled.reduce((total, weight) => total + weight, 0n);
  const parts = scaled.map((weight) => (amount * weight) / sum);
  let rest = Number(amount - parts.reduce((total, part) => total + part, 0n));
  const byRemainder = scaled
    .map((weight, index) => ({ index, remainder: (amount * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder) {
    if (rest-- <= 0) break;
    parts[index]! += 1n;
  }
  return parts.map((part) => sign * Number(part));
};
