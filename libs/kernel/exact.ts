import { Decimal } from 'decimal.js';

/** A whole number: a number up to 2^53, beyond it the text of its digits, so that no reader of JSON loses one. */
export type WholeNumber = number | string;

/** @returns a number up to 2^53, beyond it the text of its digits */
export const wholeNumberOf = (value: bigint): WholeNumber => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};

/** Decimal places that sums and shares are exact to. A share of one, 0…1, is then the nearest number of its decimal. */
const PLACES = 15;
const UNITS_PER_ONE = 10n ** BigInt(PLACES);

/** A decimal in units of 10^-15, as its shortest text says it. */
const unitsOf = (value: number): bigint => {
  if (Number.isSafeInteger(value)) return BigInt(value) * UNITS_PER_ONE;
  if (Math.abs(value) < 1) return BigInt(Math.round(value * Number(UNITS_PER_ONE)));
  return BigInt(new Decimal(value).times(UNITS_PER_ONE.toString()).toFixed(0));
};

/** The number nearest to so many units of 10^-15. */
const numberOfUnits = (units: bigint): number =>
  Number(units / UNITS_PER_ONE) + Number(units % UNITS_PER_ONE) / Number(UNITS_PER_ONE);

/** Significant digits that the text of every number keeps. */
const DIGITS = 15;
/** So many places can a number of this size say that its decimal, and those of its parts, are what one reads. */
const placesOf = (total: number): number =>
  Math.max(
    0,
    Math.min(PLACES, DIGITS - Math.trunc(Math.abs(total)).toString().length + (Math.abs(total) <= 1 ? 1 : 0)),
  );

/**
 * Gives what rounding left, a unit each, to the parts with the largest remainders; of equal ones the earlier part first.
 * @param rest at most one unit a part
 */
const withRemainderUnits = (parts: readonly bigint[], remainders: readonly bigint[], rest: bigint): bigint[] => {
  const whole = [...parts];
  const order = remainders
    .map((remainder, index) => ({ index, remainder }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of order.slice(0, Math.max(0, Number(rest)))) whole[index]! += 1n;
  return whole;
};
const sumOf = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/**
 * Adds decimals of at most 15 places (counts, shares, minutes) without the rest that floating point leaves: ten times 0.1
 * is 1, a third, a third and what is left of one are 1.
 */
export class DecimalSum {
  private units = 0n;

  /** @param times a whole number */
  add(value: number, times = 1): this {
    this.units += unitsOf(value) * BigInt(times);
    return this;
  }

  /** The number nearest to the sum. */
  get value(): number {
    return numberOfUnits(this.units);
  }

  /**
   * Sums as numbers whose decimals, as one reads them, add up to their total: with as many places as a number of the
   * total's size can say; what rounding leaves goes to the largest remainders.
   * @param sums none below zero; they add up to a decimal of that many places, such as a whole number
   */
  static roundedToTotal(sums: readonly DecimalSum[]): number[] {
    const all = sums.map(({ units }) => units);
    const step = 10n ** BigInt(PLACES - placesOf(numberOfUnits(sumOf(all))));
    const whole = all.map((units) => units / step);
    const remainders = all.map((units) => units % step);
    const parts = withRemainderUnits(whole, remainders, sumOf(all) / step - sumOf(whole));
    return parts.map((part) => numberOfUnits(part * step));
  }
}

/** a − b of two decimals of at most 15 places. */
export const exactDifference = (a: number, b: number): number => numberOfUnits(unitsOf(a) - unitsOf(b));

/**
 * Splits a whole number over weights so that the parts sum to it exactly: largest remainder, and of equal remainders the
 * earlier part gets the unit. Weights are non-negative and not all zero; they need not sum to one.
 * @param amount  may be negative (a reversal)
 * @param weights one per part
 * @returns one whole number per weight, none of the opposite sign of `amount`; [] for no weights
 */
export const allocateExact = (amount: bigint, weights: readonly number[]): bigint[] => {
  if (weights.length === 0) return [];
  const sign = amount < 0n ? -1n : 1n;
  const size = sign * amount;
  const largest = Math.max(...weights);
  // Weights become integers of 60 bits, so that equal weights stay equal and remainders are compared exactly. Whole
  // weights stay as they are: then even remainders of unequal weights (3 and 1) tie as they do on paper.
  const scaled = weights.every(Number.isSafeInteger)
    ? weights.map(BigInt)
    : weights.map((weight) => BigInt(Math.round((weight / largest) * 2 ** 52)) << 8n);
  const sum = sumOf(scaled);
  const whole = scaled.map((weight) => (size * weight) / sum);
  const remainders = scaled.map((weight) => (size * weight) % sum);
  const parts = withRemainderUnits(whole, remainders, size - sumOf(whole));
  return parts.map((part) => sign * part);
};

/**
 * Splits a decimal over weights into decimals that, as one reads them, add up to it: of 15 places for one, of fewer for
 * what is larger.
 * @param value   a count, or one conversion
 * @param weights non-negative, not all zero
 */
export const splitExact = (value: number, weights: readonly number[]): number[] => {
  const step = 10n ** BigInt(PLACES - placesOf(value));
  const units = unitsOf(value);
  const parts = allocateExact(units / step, weights).map((part) => part * step);
  const first = weights.findIndex((weight) => weight > 0);
  parts[first]! += units % step; // a value with more places than can be said: nothing is lost
  return parts.map(numberOfUnits);
};
