import { allocateExact } from './exact';

/** 2^27 + 1: splits a double into two halves whose products are exact (Veltkamp). */
const HALVES = 134_217_729;
/** Remainders that differ by less, as a part of the divisor, are compared by whole numbers of any size. */
const UNDECIDED = 2 ** -44;
/** Amounts below have quotients whose fractions are known well enough. */
const QUOTIENTS_BELOW = 2 ** 40;
/** From so many parts on, remainders are sorted instead of looked through for each unit. */
const SORT_FROM = 32;

/** The upper half of the digits of a double. */
const highOf = (a: number): number => {
  const scaled = HALVES * a;
  return scaled - (scaled - a);
};
/**
 * The rounding error of a product of two doubles (Dekker).
 * @param aHigh the upper half of the first, as `highOf` gives it: it is mostly the same in many products
 */
const productError = (a: number, aHigh: number, b: number, product: number): number => {
  const bHigh = highOf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
};

/**
 * Splits whole numbers by the same weights, as `allocateExact` does, without making anything for each split. Doubles
 * decide where they do so beyond doubt: one part takes all, equal weights, weights whose products are exact, remainders
 * that are clearly apart. The rest is left to `allocateExact`.
 */
export class ExactSplit {
  private length = 0;
  /** The weights as whole numbers of the same proportions. */
  private weights = new Float64Array(16);
  private remainders = new Float64Array(16);
  private kind: 'equal' | 'exact' | 'long' = 'equal';
  /** How many weights are not zero. */
  private count = 0;
  /** The place of the only weight that is not zero; -1 where there are several. */
  only = -1;
  /** The sum of the weights, and what a double has no place for of it. */
  private sum = 0;
  private sumRest = 0;

  /**
   * Takes the weights of the next splits.
   * @param weights non-negative, not all zero; the first `length` count, at least one
   */
  setWeights(weights: ArrayLike<number>, length: number): void {
    if (this.weights.length < length) {
      this.weights = new Float64Array(2 * length);
      this.remainders = new Float64Array(2 * length);
    }
    this.length = length;
    const whole = this.weights;
    let count = 0;
    let largest = 0;
    let least = Infinity;
    let sum = 0;
    let isWhole = true;
    let last = -1;
    for (let place = 0; place < length; place++) {
      const weight = weights[place]!;
      whole[place] = weight;
      if (weight === 0) continue;
      last = place;
      count++;
      sum += weight;
      if (weight > largest) largest = weight;
      if (weight < least) least = weight;
      if (Math.floor(weight) !== weight || weight > Number.MAX_SAFE_INTEGER) isWhole = false;
    }
    this.count = count;
    this.only = count === 1 ? last : -1;
    this.kind = 'equal';
    if (least === largest) return;
    if (isWhole && sum * largest <= Number.MAX_SAFE_INTEGER) {
      this.sum = sum;
      this.kind = 'exact';
      return;
    }
    if (!isWhole) {
      least = Math.round((least / largest) * 2 ** 52);
      for (let place = 0; place < length; place++) whole[place] = Math.round((whole[place]! / largest) * 2 ** 52);
      largest = 2 ** 52;
    }
    if (this.divideWeights(least)) largest /= least;
    this.kind = this.haveExactProducts(largest) ? 'exact' : 'long';
  }

  /**
   * Splits a whole number; of equal remainders the earlier part gets the unit.
   * @param amount a safe integer, can be negative (a reversal)
   * @param parts takes one whole number per weight, which sum to the amount, none with its opposite sign
   */
  split(amount: number, parts: Float64Array): void {
    const size = Math.abs(amount);
    const decided =
      this.kind === 'equal'
        ? this.splitEqually(size, parts)
        : this.kind === 'exact'
          ? this.splitByProducts(size, parts)
          : size < QUOTIENTS_BELOW
            ? this.splitByQuotients(size, parts)
            : this.splitByLongProducts(size, parts);
    if (!decided) {
      const exact = allocateExact(BigInt(size), [...this.weights.subarray(0, this.length)]);
      for (let place = 0; place < this.length; place++) parts[place] = Number(exact[place]);
    }
    if (amount < 0) for (let place = 0; place < this.length; place++) parts[place] = 0 - parts[place]!;
  }

  /** Sums the weights. @returns whether every product of a weight and a number below their sum is exact */
  private haveExactProducts(largest: number): boolean {
    let [sum, rest] = [0, 0];
    for (let place = 0; place < this.length; place++) {
      const weight = this.weights[place]!;
      const next = sum + weight;
      const added = next - sum;
      rest += sum - (next - added) + (weight - added);
      sum = next;
    }
    this.sum = sum;
    this.sumRest = rest;
    return rest === 0 && sum * largest <= Number.MAX_SAFE_INTEGER;
  }

  /** Divides the weights by a number if it divides all of them, as powers of one half do. */
  private divideWeights(divisor: number): boolean {
    const { weights, length } = this;
    if (divisor < 2) return false;
    for (let place = 0; place < length; place++) {
      // The remainder alone takes long
      const quotient = weights[place]! / divisor;
      if (quotient !== Math.floor(quotient) || weights[place]! % divisor !== 0) return false;
    }
    for (let place = 0; place < length; place++) weights[place]! /= divisor;
    return true;
  }

  private splitEqually(size: number, parts: Float64Array): boolean {
    const each = Math.floor(size / this.count);
    let rest = size - each * this.count;
    for (let place = 0; place < this.length; place++)
      parts[place] = this.weights[place] === 0 ? 0 : rest-- > 0 ? each + 1 : each;
    return true;
  }

  private splitByProducts(size: number, parts: Float64Array): boolean {
    const { sum, length, weights, remainders } = this;
    const times = Math.floor(size / sum);
    const beyond = size - times * sum;
    let rest = beyond;
    for (let place = 0; place < length; place++) {
      const weight = weights[place]!;
      const product = beyond * weight;
      const whole = Math.floor(product / sum);
      remainders[place] = product - whole * sum;
      parts[place] = times * weight + whole;
      rest -= whole;
    }
    return this.addUnits(rest, parts, 0);
  }

  /** @returns false if the doubles do not decide */
  private splitByQuotients(size: number, parts: Float64Array): boolean {
    const { sum, length, weights, remainders } = this;
    // Each of the sum, the product and the quotient is rounded
    const undecided = size * (length + 4) * 2 ** -52;
    let rest = size;
    for (let place = 0; place < length; place++) {
      const quotient = (size * weights[place]!) / sum;
      const whole = Math.floor(quotient);
      const remainder = quotient - whole;
      if (weights[place] !== 0 && (remainder < undecided || remainder > 1 - undecided)) return false;
      remainders[place] = remainder;
      parts[place] = whole;
      rest -= whole;
    }
    return this.addUnits(rest, parts, undecided);
  }

  /** @returns false if the doubles do not decide */
  private splitByLongProducts(size: number, parts: Float64Array): boolean {
    const { sum, sumRest, length, weights, remainders } = this;
    const undecided = sum * UNDECIDED;
    const sizeHigh = highOf(size);
    const sumHigh = highOf(sum);
    let rest = size;
    for (let place = 0; place < length; place++) {
      const weight = weights[place]!;
      if (weight === 0) {
        parts[place] = remainders[place] = 0;
        continue;
      }
      const product = size * weight;
      let whole = Math.floor(product / sum);
      const back = whole * sum;
      let remainder =
        product -
        back +
        (productError(size, sizeHigh, weight, product) - productError(sum, sumHigh, whole, back)) -
        whole * sumRest;
      for (; remainder < 0; whole--) remainder += sum;
      for (; remainder >= sum; whole++) remainder -= sum;
      if (remainder < undecided || remainder > sum - undecided) return false;
      remainders[place] = remainder;
      parts[place] = whole;
      rest -= whole;
    }
    return this.addUnits(rest, parts, undecided);
  }

  /**
   * Adds one unit to each of the parts with the largest remainders.
   * @param undecided how close remainders of different weights must not be to each other
   * @returns false if they are that close where the units end
   */
  private addUnits(units: number, parts: Float64Array, undecided: number): boolean {
    if (units === 0) return true;
    const { length, remainders, weights } = this;
    let last = -1;
    if (length < SORT_FROM)
      for (let unit = 0; unit < units; unit++) {
        last = -1;
        for (let place = 0; place < length; place++)
          if (remainders[place]! >= 0 && (last < 0 || remainders[place]! > remainders[last]!)) last = place;
        parts[last]!++;
        remainders[last] = -1 - remainders[last]!; // taken
      }
    else {
      const order = Array.from(remainders.subarray(0, length).keys());
      order.sort((a, b) => remainders[b]! - remainders[a]! || a - b);
      for (let unit = 0; unit < units; unit++) {
        last = order[unit]!;
        parts[last]!++;
        remainders[last] = -1 - remainders[last]!;
      }
    }
    if (undecided === 0) return true;
    const edge = -1 - remainders[last]!;
    for (let place = 0; place < length; place++) {
      const remainder = remainders[place]! < 0 ? -1 - remainders[place]! : remainders[place]!;
      if (Math.abs(remainder - edge) < undecided && weights[place] !== weights[last]) return false;
    }
    return true;
  }
}
