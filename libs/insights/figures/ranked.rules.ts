/** Values in their order, such as a sorted list. */
export interface InOrder {
  readonly length: number;
  /** The value that so many others come before; undefined past the end. */
  at(rank: number): number | undefined;
}

/** Fewer are sorted at once. */
const FEW = 2048;
const PARTS = 4096;

/**
 * Whole numbers of which a few are asked for by their rank: sorting all of them would take most of a figure over millions
 * of rows. They are counted in parts of equal width, and only the part that a rank lies in is looked at again.
 */
export class Ranked implements InOrder {
  readonly length: number;
  private readonly least: number;
  /** Parts for each unit of the values; 0 if all values are the same. */
  private readonly scale: number;
  /** How many values are in a part and all before it. */
  private readonly upTo: Uint32Array;
  private readonly parts = new Map<number, InOrder>();

  private constructor(private readonly values: Float64Array) {
    this.length = values.length;
    let [least, most] = [Infinity, -Infinity];
    for (let place = 0; place < values.length; place++) {
      const value = values[place]!;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.least = least;
    this.scale = most === least ? 0 : (PARTS - 1) / (most - least);
    this.upTo = new Uint32Array(PARTS);
    for (let place = 0; place < values.length; place++) this.upTo[this.partOf(values[place]!)]!++;
    for (let part = 1; part < PARTS; part++) this.upTo[part]! += this.upTo[part - 1]!;
  }

  /** @param values they may be sorted in place */
  static of(values: Float64Array): InOrder {
    return values.length <= FEW ? values.sort() : new Ranked(values);
  }

  at(rank: number): number | undefined {
    if (rank < 0 || rank >= this.length) return undefined;
    if (this.scale === 0) return this.least;
    const part = firstAbove(this.upTo, rank);
    const before = part === 0 ? 0 : this.upTo[part - 1]!;
    return this.valuesIn(part, this.upTo[part]! - before).at(rank - before);
  }

  private valuesIn(part: number, count: number): InOrder {
    const known = this.parts.get(part);
    if (known) return known;
    const found = new Float64Array(count);
    let length = 0;
    for (let place = 0; place < this.values.length; place++)
      if (this.partOf(this.values[place]!) === part) found[length++] = this.values[place]!;
    const its = Ranked.of(found);
    this.parts.set(part, its);
    return its;
  }
  /** A larger value is never in an earlier part, however differences and products are rounded. */
  private partOf(value: number): number {
    return Math.trunc((value - this.least) * this.scale);
  }
}

/** The first place whose count is above the rank. */
const firstAbove = (counts: Uint32Array, rank: number): number => {
  let [low, high] = [0, counts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (counts[middle]! > rank) high = middle;
    else low = middle + 1;
  }
  return low;
};
