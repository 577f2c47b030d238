import { Decimal } from 'decimal.js';

/**
 * A whole number: a JSON number up to 2^53, and beyond that a string of digits, because JSON readers would lose
 * precision.
 */
export type WholeNumber = number | string;

/** @returns a number up to 2^53, beyond it the text of its digits */
export const wholeNumberOf = (value: bigint): WholeNumber => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};

/** Decimal places to which sums and shares are exact. */
const PLACES = 15;
const UNITS_PER_ONE = 10n ** BigInt(PLACES);
/** How many units of the last decimal place are one: sums and shares in them are whole numbers. */
export const DECIMAL_UNITS = Number(UNITS_PER_ONE);

/** The decimal in units of 10^-15, rounded as it is printed. */
const unitsOf = (value: number): bigint => {
  if (Number.isSafeInteger(value)) return BigInt(value) * UNITS_PER_ONE;
  if (Math.abs(value) < 1) return BigInt(Math.round(value * Number(UNITS_PER_ONE)));
  return BigInt(new Decimal(value).times(UNITS_PER_ONE.toString()).toFixed(0));
};

/** The number nearest to `units` times 10^-15: rounded once, or it would be printed with other last digits. */
const numberOfUnits = (units: bigint): number => {
  const exact = Number(units);
  if (Number.isSafeInteger(exact)) return exact / DECIMAL_UNITS;
  const [whole, rest] = [units / UNITS_PER_ONE, units % UNITS_PER_ONE];
  return rest === 0n ? Number(whole) : Number(`${units}e-${PLACES}`);
};

/** Significant decimal digits that every JavaScript number keeps. */
const DIGITS = 15;
/** The number of decimal places with which a number of this size, and its parts, can be printed exactly. */
const placesOf = (total: number): number =>
  Math.max(
    0,
    Math.min(PLACES, DIGITS - Math.trunc(Math.abs(total)).toString().length + (Math.abs(total) <= 1 ? 1 : 0)),
  );

/**
 * Adds the units that rounding left over to the parts with the largest remainders; of equal remainders, the earlier
 * part first.
 * @param rest at most one unit per part
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
 * Adds decimals of at most 15 places (counts, shares, minutes) without floating-point error: ten times 0.1 is exactly
 * 1.
 */
export class DecimalSum {
  private units = 0n;

  /** @param times a whole number */
  add(value: number, times = 1): this {
    this.units += unitsOf(value) * BigInt(times);
    return this;
  }
  /** @param units whole numbers of `DECIMAL_UNITS` */
  addUnits(units: number): this {
    this.units += BigInt(units);
    return this;
  }

  /** The sum, as the nearest number. */
  get value(): number {
    return numberOfUnits(this.units);
  }

  /**
   * Rounds several sums so that their printed decimals add up to their printed total. Units left over by rounding go to
   * the largest remainders.
   * @param sums none negative
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
 * Splits a whole number by weights so that the parts add up to it exactly, by largest remainder; of equal remainders
 * the earlier part gets the unit. Weights are non-negative and not all zero; they need not add up to one.
 * @param amount can be negative (a reversal)
 * @param weights one per part
 * @returns one whole number per weight, none with the opposite sign of `amount`; [] for no weights
 */
export const allocateExact = (amount: bigint, weights: readonly number[]): bigint[] => {
  if (weights.length === 0) return [];
  const sign = amount < 0n ? -1n : 1n;
  const size = sign * amount;
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  // Weights become integers of 60 bits, so that equal weights stay equal and remainders compare exactly. Whole weights
  // stay as they are, so that remainders of unequal weights (3 and 1) tie as they do on paper.
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
 * Splits a decimal by weights into decimals whose printed values add up to it: 15 places for one, fewer for larger
 * values.
 * @param value a count, or one conversion
 * @param weights non-negative, not all zero
 */
export const splitExact = (value: number, weights: readonly number[]): number[] => {
  const step = 10n ** BigInt(PLACES - placesOf(value));
  const units = unitsOf(value);
  const parts = allocateExact(units / step, weights).map((part) => part * step);
  const first = weights.findIndex((weight) => weight > 0);
  parts[first]! += units % step; // the part of the value beyond the printable places
  return parts.map(numberOfUnits);
};
