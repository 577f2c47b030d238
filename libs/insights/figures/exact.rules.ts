import { Decimal } from 'decimal.js';

/** Decimals with enough digits that no product or quotient of a figure is off in the digits that are shown. */
export const ExactNumber = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_EVEN });
export type Exact = Decimal;

export const exactOf = (value: number | bigint): Exact => new ExactNumber(value.toString());

/** Decimal places in which figures that are no amounts are shown. */
const PLACES = 12;
/** The decimal text of a figure: at most twelve places, rounded half-even, without zeros at the end. */
export const textOfExact = (value: Exact): string => value.toDecimalPlaces(PLACES, Decimal.ROUND_HALF_EVEN).toFixed();
/** The nearest whole number, half-even: minor units. */
export const roundedInteger = (value: Exact): bigint =>
  BigInt(value.toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN).toFixed(0));

/**
 * Adds whole numbers exactly: as doubles while they hold the sum, beyond that as BigInt.
 */
export class WholeSum {
  private small = 0;
  private large = 0n;
  add(value: number): void {
    const next = this.small + value;
    if (Number.isSafeInteger(next)) this.small = next;
    else {
      this.large += BigInt(this.small);
      this.small = value;
    }
  }
  get total(): bigint {
    return this.large + BigInt(this.small);
  }
}
