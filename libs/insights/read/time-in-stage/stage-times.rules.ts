import { flagColumn, numbersAt, packedRows, textsAt, type PackedRows } from '../../figures/fact.rules';
import { sequencesOf } from '../../figures/sequences.rules';

/** Of a subject that was in a stage several times: each time, the latest, or all of them together. */
export const stayMeasures = ['each', 'latest', 'cumulative'] as const;
export type StayMeasure = (typeof stayMeasures)[number];

interface StageTimesShape {
  readonly subject: string;
  readonly measure: StayMeasure;
  /** Up to when those that are still inside have been there; without it they are left out. */
  readonly insideUpTo?: number | undefined;
  /** Milliseconds between two instants, such as working time. */
  readonly between: (from: number, to: number) => number;
}

/**
 * A row for each subject in each stage, or for each stay, with the facts of the latest stay: `enteredAt` is the first entry,
 * `latestAt` the latest, `leftAt` when it was left last, `ms` how long it was there in `visits` stays. Those inside are left
 * now.
 */
export const stageTimes = (
  stays: PackedRows,
  { subject, measure, insideUpTo, between }: StageTimesShape,
): PackedRows => {
  const { starts, rows } = sequencesOf(stays, { subject, at: 'enteredAt', place: 'place' });
  const [enteredAt, leftAt, stage] = [stays.numbers['enteredAt']!, stays.numbers['leftAt']!, stays.texts['stage']!];
  const length = rows.length;
  const latest = new Int32Array(length);
  const [first, last, left] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  const [ms, visits, inside] = [new Float64Array(length), new Float64Array(length), new Int32Array(length)];
  let count = 0;
  /** Of one subject: the row of each stage. */
  const rowOf = new Int32Array(stage.words.length).fill(-1);
  for (let code = 0; code + 1 < starts.length; code++) {
    for (let index = starts[code]!; index < starts[code + 1]!; index++) {
      const stay = rows[index]!;
      const its = stage.codes[stay]!;
      const known = measure === 'each' ? -1 : rowOf[its]!;
      const row = known < 0 ? count++ : known;
      rowOf[its] = row;
      const entered = enteredAt[stay]!;
      const isInside = Number.isNaN(leftAt[stay]!);
      const end = isInside ? (insideUpTo ?? NaN) : leftAt[stay]!;
      const time = Number.isNaN(end) ? 0 : between(entered, Math.max(entered, end));
      if (known < 0) first[row] = entered;
      latest[row] = stay;
      last[row] = entered;
      left[row] = Number.isNaN(end) ? NaN : Math.max(entered, end);
      ms[row] = measure === 'cumulative' ? ms[row]! + time : time;
      visits[row]!++;
      inside[row] = isInside ? 1 : 0;
    }
    for (let index = starts[code]!; index < starts[code + 1]!; index++) rowOf[stage.codes[rows[index]!]!] = -1;
  }
  const from = latest.subarray(0, count);
  return packedRows({
    ids: () => Array.from(from, (row) => stays.ids[row]!),
    entities: () => Array.from(from, (row) => stays.entities[row]!),
    count,
    texts: textsAt(stays, from, { inside: flagColumn(inside.subarray(0, count)) }),
    numbers: numbersAt(stays, from, {
      ...{ enteredAt: first.subarray(0, count), latestAt: last.subarray(0, count), leftAt: left.subarray(0, count) },
      ...{ ms: ms.subarray(0, count), visits: visits.subarray(0, count) },
    }),
  });
};

/** A bin of a histogram, with its beginning, itself in it, and its end, which is only in the last one. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}
/** The least whole number whose cube is no less. */
const cubeRoot = (count: number): number => {
  let bins = Math.max(1, Math.floor(Math.cbrt(count)) - 1);
  while (bins ** 3 < count) bins++;
  return bins;
};
/** The bin from 0 that a value is in, of as many between two ends. */
export const binOf = (value: number, { least, most, bins }: BinShape): number =>
  most === least ? 0 : Math.min(bins - 1, Math.floor(((value - least) * bins) / (most - least)));
export interface BinShape {
  readonly least: number;
  readonly most: number;
  readonly bins: number;
}
/** ⌈∛n⌉ bins of equal width over n values; one bin if they are all the same. Undefined for no value. */
export const binShapeOf = (values: ArrayLike<number>): BinShape | undefined => {
  if (values.length === 0) return undefined;
  let [least, most] = [Infinity, -Infinity];
  for (let place = 0; place < values.length; place++) {
    least = Math.min(least, values[place]!);
    most = Math.max(most, values[place]!);
  }
  return { least, most, bins: most === least ? 1 : cubeRoot(values.length) };
};
export const histogramOf = (values: ArrayLike<number>): readonly Bin[] => {
  const shape = binShapeOf(values);
  if (!shape) return [];
  const { least, most, bins } = shape;
  const counts = new Array<number>(bins).fill(0);
  for (let place = 0; place < values.length; place++) counts[binOf(values[place]!, shape)]!++;
  const edge = (bin: number): number => least + ((most - least) * bin) / bins;
  return counts.map((count, bin) => ({ from: edge(bin), to: edge(bin + 1), count }));
};
