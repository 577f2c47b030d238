/** Repeatable random numbers: the same seed gives the same draws in the same order. */
export interface Random {
  /** From 0 (included) to 1 (excluded). */
  readonly next: () => number;
  readonly chance: (probability: number) => boolean;
  /** A whole number from `low` to `high`, both included. */
  readonly int: (low: number, high: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly weighted: <T>(items: readonly T[], weightOf: (item: T) => number) => T;
  /** Log-normal around the median, skewed to the right as waiting times and amounts are. `spread` 0.5 is usual. */
  readonly skewed: (median: number, spread?: number) => number;
}

/** FNV-1a over the parts of a seed, which mulberry32 then mixes, so that similar seeds give unrelated numbers. */
const hashed = (parts: readonly (string | number)[]): number => {
  let hash = 0x811c9dc5;
  for (const letter of parts.join('/')) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash >>> 0;
};

/**
 * A generator for one purpose: the draws of `randomOf(seed, 'lead', 42)` do not depend on those of other purposes.
 * Source: mulberry32 by Tommy Ettinger, public domain.
 */
export const randomOf = (...seed: readonly (string | number)[]): Random => {
  let state = hashed(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    chance: (probability) => next() < probability,
    int,
    pick: (items) => items[int(0, items.length - 1)]!,
    weighted: (items, weightOf) => {
      let left = next() * items.reduce((sum, item) => sum + weightOf(item), 0);
      return items.find((item) => (left -= weightOf(item)) < 0) ?? items.at(-1)!;
    },
    // Box–Muller; 1 - next() keeps the logarithm finite.
    skewed: (median, spread = 0.5) =>
      median * Math.exp(spread * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  };
};
