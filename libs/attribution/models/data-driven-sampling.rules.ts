import { PathTable } from './path-table.rules';

/**
 * Numbers from 0 (included) to 1 (excluded); the same seed gives the same numbers. Source: mulberry32 by Tommy
 * Ettinger.
 */
export const seededRandom = (seed: number): (() => number) => {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0; // so that similar seeds give unrelated numbers
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * Draws tables with as many journeys as this one, each drawn from its journeys with their outcomes (multinomial). The
 * value of a drawn conversion is the mean of its path.
 * @param seed the same seed draws the same tables, whatever the order of the rows
 * Source: Efron, Bootstrap methods, 1979; alias method of Walker and Vose.
 */
export const resampler = (table: PathTable, seed: number): (() => PathTable) => {
  const cells = table
    .sorted()
    .flatMap(([steps, { conversions, nulls, value }]) => [
      ...(conversions > 0 ? [{ steps, weight: conversions, converts: true, meanValue: value / conversions }] : []),
      ...(nulls > 0 ? [{ steps, weight: nulls, converts: false, meanValue: 0 }] : []),
    ]);
  const total = cells.reduce((sum, { weight }) => sum + weight, 0);
  const journeys = Math.round(total);
  const chance = Float64Array.from(cells, ({ weight }) => (weight * cells.length) / total);
  const alias = new Int32Array(cells.length);
  const [small, large]: [number[], number[]] = [[], []];
  chance.forEach((each, cell) => (each < 1 ? small : large).push(cell));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.pop()!];
    alias[less] = more;
    chance[more]! -= 1 - chance[less]!;
    (chance[more]! < 1 ? small : large).push(more);
  }
  for (const cell of [...small, ...large]) chance[cell] = 1;
  const random = seededRandom(seed);
  return () => {
    const drawn = new Int32Array(cells.length);
    for (let journey = 0; journey < journeys; journey++) {
      const cell = Math.floor(random() * cells.length);
      drawn[random() < chance[cell]! ? cell : alias[cell]!]!++;
    }
    const resampled = new PathTable(table.switches, table.channels);
    cells.forEach(({ steps, converts, meanValue }, cell) => {
      const count = drawn[cell]!;
      if (count === 0) return;
      resampled.put(
        steps,
        converts
          ? { conversions: count, nulls: 0, value: count * meanValue }
          : { conversions: 0, nulls: count, value: 0 },
      );
    });
    return resampled;
  };
};

/** The 2.5 and the 97.5 percentile, with linear interpolation. */
export const interval95 = (values: readonly number[]): { readonly low: number; readonly high: number } => {
  const sorted = Float64Array.from(values).sort();
  const at = (part: number) => {
    const place = part * (sorted.length - 1);
    const below = sorted[Math.floor(place)]!;
    return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
  };
  return { low: at(0.025), high: at(0.975) };
};
