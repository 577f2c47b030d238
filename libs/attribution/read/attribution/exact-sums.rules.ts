import { DECIMAL_UNITS, wholeNumberOf, withRoom } from '@baton/kernel';
import type { CreditSum } from './window.rules';

/** One conversion. Of this file: what another exports is looked up whenever it is used. */
const ONE = DECIMAL_UNITS;

/** Credits summed in whole numbers, at an index each: exact, and at any size. */
export class ExactSums {
  /** Whole conversions, and units of `DECIMAL_UNITS` below one. */
  private whole = new Float64Array(64);
  private units = new Float64Array(64);
  private minors = new Float64Array(64);
  /** What goes beyond 2^53. */
  private readonly beyond = new Map<number, bigint>();
  private added = new Uint8Array(64);

  /** Makes room for so many sums. */
  grow(length: number): void {
    if (length <= this.added.length) return;
    this.whole = withRoom(this.whole, length);
    this.units = withRoom(this.units, length);
    this.minors = withRoom(this.minors, length);
    this.added = withRoom(this.added, length);
  }

  add(index: number, units: number, minor: number): void {
    this.added[index] = 1;
    let sum = this.units[index]! + units;
    if (sum >= ONE) {
      this.whole[index]!++;
      sum -= ONE;
    }
    this.units[index] = sum;
    if (minor === 0) return;
    const known = this.minors[index]!;
    if (Math.abs(known + minor) <= Number.MAX_SAFE_INTEGER) this.minors[index] = known + minor;
    else {
      this.beyond.set(index, (this.beyond.get(index) ?? 0n) + BigInt(known));
      this.minors[index] = minor;
    }
  }
  /** Adds nothing, but there is a sum now. */
  touch(index: number): void {
    this.added[index] = 1;
  }

  has(index: number): boolean {
    return this.added[index] === 1;
  }
  /**
   * Adds a sum to another, if there is one.
   * @param currency of its amounts; undefined without amounts
   */
  addTo(sum: CreditSum, index: number, currency: string | undefined): void {
    if (!this.has(index)) return;
    sum.conversions.add(this.whole[index]!).addUnits(this.units[index]!);
    if (currency === undefined) return;
    const minor = (this.beyond.get(index) ?? 0n) + BigInt(this.minors[index]!);
    sum.revenue.add({ minor: wholeNumberOf(minor), currency });
  }
}
