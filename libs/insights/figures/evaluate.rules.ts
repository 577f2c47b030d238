import { DAY_MS, withRoom } from '@baton/kernel';
import { exactOf, ExactNumber, WholeSum, type Exact } from './exact.rules';
import type { TextColumn } from './fact.rules';
import {
  hasCurrency,
  type Counted,
  type Figure,
  type RowCondition,
  type RowSet,
  type Unit,
  type Value,
} from './figure.rules';
import { Ranked, type InOrder } from './ranked.rules';
import { rowTest, type Slice } from './slice.rules';

/** Milliseconds since 1970: from one instant up to, and without, another. */
export interface Range {
  readonly from: number;
  readonly to: number;
}
/** What limits the rows of a question, beside its slice. */
export interface Limits {
  /** Milliseconds that a row may take to be counted. */
  readonly windowMs?: number;
  /** The instant of the question, in milliseconds. */
  readonly at: number;
}
/** Either one range, whose rows are grouped by the slice, or several, each of which is a group. */
export type Ranges = Range | readonly Range[];
const isList = (ranges: Ranges): ranges is readonly Range[] => Array.isArray(ranges);

/** A figure of one group, in one currency if it has currencies. */
export interface FigureValue {
  readonly currency: string | null;
  /** Amounts in minor units, times in the unit of the figure. Undefined where it means nothing, such as 0 / 0. */
  readonly value: Exact | undefined;
  /** Of ratios and means: whole numbers, amounts in minor units and times in milliseconds. */
  readonly numerator: bigint | undefined;
  readonly denominator: bigint | undefined;
  /** The rows that it is made of: of a ratio those of the denominator. */
  readonly support: number;
  /** Rows of the denominator that may still join the numerator. */
  readonly open: number;
  /** Rows that are left out because they have no value in the column. */
  readonly missing: number;
}

const millisecondsIn: Readonly<Partial<Record<Unit, number>>> = { days: DAY_MS, hours: 3_600_000 };
const inUnit = (value: Exact, unit: Unit): Exact => {
  const ms = millisecondsIn[unit];
  return ms === undefined ? value : value.div(ms);
};

/** Visits the rows of a row set in a slice, each with its group. */
export const visitRows = (
  { where, time }: RowSet,
  { rows, groupOf }: Slice,
  ranges: Ranges,
  visit: (row: number, group: number) => unknown,
): void => {
  const passes = rowTest(rows, where);
  if (!('from' in time)) {
    const at = rows.numbers['at' in time ? time.at : time.takenAt]!;
    const buckets = isList(ranges) ? ranges : undefined;
    const first = buckets ? (buckets[0]?.from ?? Infinity) : (ranges as Range).from;
    const end = buckets ? (buckets.at(-1)?.to ?? -Infinity) : (ranges as Range).to;
    for (let row = 0; row < rows.count; row++) {
      const instant = at[row]!;
      if (groupOf[row]! >= 0 && instant >= first && instant < end && passes(row))
        visit(row, buckets ? bucketOf(buckets, instant) : groupOf[row]!);
    }
    return;
  }
  const [begins, ends] = [rows.numbers[time.from]!, rows.numbers[time.until]!];
  for (const [index, { to }] of (isList(ranges) ? ranges : [ranges]).entries())
    for (let row = 0; row < rows.count; row++)
      if (groupOf[row]! >= 0 && begins[row]! < to && !(ends[row]! < to) && passes(row))
        visit(row, isList(ranges) ? index : groupOf[row]!);
};
/** The last of consecutive ranges that begins by the instant. */
const bucketOf = (ranges: readonly Range[], at: number): number => {
  let [low, high] = [0, ranges.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ranges[middle]!.from <= at) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** The side of a figure that a row is on. */
export type Side = 'numerator' | 'denominator';

/** Whether a row is behind a figure: on the side of a ratio, else among the rows with a value. */
export const isBehind = (
  value: Exclude<Value, { kind: 'derived' }>,
  side: Side,
  { rows }: Slice,
  { windowMs }: Limits,
): ((row: number) => boolean) => {
  const of = value.kind === 'ratio' ? value[side] : value;
  const meets = rowTest(rows, of.where);
  const takes = value.kind === 'ratio' && side === 'numerator' && windowMs !== undefined ? value.takes : undefined;
  const [begins, ends] = takes ? [rows.numbers[takes.from]!, rows.numbers[takes.to]!] : [];
  const passes = takes ? (row: number) => meets(row) && ends![row]! - begins![row]! <= windowMs! : meets;
  if (of.kind === 'count') return passes;
  const values = rows.numbers[of.column]!;
  return (row) => passes(row) && !Number.isNaN(values[row]);
};

/** What is counted and added of one group in one currency. */
class Tally {
  support = 0;
  open = 0;
  missing = 0;
  readonly over = new WholeSum();
  readonly under = new WholeSum();
  private room: Float64Array;
  private count = 0;
  private inOrder: InOrder | undefined;

  /** @param expected values to be taken: room that is made once is not copied when it grows */
  constructor(expected = 0) {
    this.room = new Float64Array(expected);
  }
  take(value: number): void {
    if (this.count === this.room.length) this.room = withRoom(this.room, this.count + 16);
    this.room[this.count++] = value;
  }
  /** The values that were taken, in any order. */
  get values(): Float64Array {
    return this.room.subarray(0, this.count);
  }
  /** The same in their order; asked for once all are taken. */
  ranked(): InOrder {
    return (this.inOrder ??= Ranked.of(this.values));
  }
}

/** Tallies by group and by the code of the currency, -1 for none. */
class Tallies {
  private readonly byGroup: Map<number, Tally>[] = [];
  private readonly withoutCurrency: Tally[] = [];
  /** @param expected values of each group that will be taken, if that is known */
  constructor(
    private readonly currencies: TextColumn | undefined,
    private readonly expected?: Float64Array,
  ) {}

  of(group: number, row: number): Tally {
    if (!this.currencies) return (this.withoutCurrency[group] ??= new Tally(this.expected?.[group]));
    const byCurrency = (this.byGroup[group] ??= new Map());
    const code = this.currencies.codes[row]!;
    const known = byCurrency.get(code);
    if (known) return known;
    const made = new Tally();
    byCurrency.set(code, made);
    return made;
  }
  /** Each group that has rows. */
  *groups(): Generator<readonly [group: number, byCurrency: readonly (readonly [string | null, Tally])[]]> {
    for (const group of this.withoutCurrency.keys())
      if (this.withoutCurrency[group]) yield [group, [[null, this.withoutCurrency[group]]]];
    for (const group of this.byGroup.keys())
      if (this.byGroup[group])
        yield [
          group,
          [...this.byGroup[group]].map(([code, tally]) => [code < 0 ? null : this.currencies!.words[code]!, tally]),
        ];
  }
}
/** How many rows of a row set are in each group. @param where also has to hold */
const countsOf = (rows: RowSet, slice: Slice, ranges: Ranges, where?: RowCondition): Float64Array => {
  const counts = new Float64Array(isList(ranges) ? ranges.length : slice.keys.length);
  const passes = rowTest(slice.rows, where);
  const add = (_: number, group: number) => counts[group]!++;
  visitRows(rows, slice, ranges, where ? (row, group) => passes(row) && add(row, group) : add);
  return counts;
};
/** What one question has found of the rows of its slices, for other figures of the same rows. */
export class KeptWork {
  private readonly counts = new WeakMap<Slice, Map<string, Float64Array>>();
  private readonly taken = new WeakMap<Slice, Map<string, Tallies>>();

  /** How many rows of a row set are in each group. */
  countsOf(rows: RowSet, slice: Slice, ranges: Ranges): Float64Array {
    const ofSlice = entriesOf(this.counts, slice);
    const key = JSON.stringify([rows.where, rows.time, ranges]);
    const counts = ofSlice.get(key) ?? countsOf(rows, slice, ranges);
    ofSlice.set(key, counts);
    return counts;
  }
  /** What was taken for quantiles, and means of the same values. */
  tallies(slice: Slice): Map<string, Tallies> {
    return entriesOf(this.taken, slice);
  }
}
const entriesOf = <V>(kept: WeakMap<Slice, Map<string, V>>, slice: Slice): Map<string, V> => {
  const known = kept.get(slice);
  if (known) return known;
  const made = new Map<string, V>();
  kept.set(slice, made);
  return made;
};

/**
 * A figure of each group.
 * @param kept what one question has taken so far
 * @returns by group, one value for each currency of its rows by code, or one without currency
 */
export const evaluate = (
  figure: Figure,
  sliceOfFigure: (figure: Figure) => Slice,
  ranges: Ranges,
  limits: Limits,
  kept = new KeptWork(),
): ReadonlyMap<number, readonly FigureValue[]> => {
  const { value } = figure;
  if (value.kind === 'derived') return evaluateDerived(figure, value, sliceOfFigure, ranges, limits, kept);
  const slice = sliceOfFigure(figure);
  const tallies = talliesOf(figure, value, slice, ranges, limits, kept);
  return new Map(
    Array.from(tallies.groups(), ([group, byCurrency]) => [
      group,
      withMissing(byCurrency.map(([currency, tally]) => valueOf(figure, value, tally, currency))),
    ]),
  );
};

/** The values of the rows behind a quantile without currency, by group. */
export const valuesByGroup = (
  figure: Figure,
  slice: Slice,
  ranges: Ranges,
  limits: Limits,
  kept: KeptWork,
): ReadonlyMap<number, Float64Array> => {
  if (figure.value.kind !== 'quantile') throw new Error(`${figure.code} is no quantile.`);
  const tallies = talliesOf(figure, figure.value, slice, ranges, limits, kept);
  return new Map(Array.from(tallies.groups(), ([group, [one]]) => [group, one![1].values]));
};

/** The same for what is only counted, which most figures are. */
const counted = (rows: RowSet, { where }: Counted, slice: Slice, ranges: Ranges, kept: KeptWork): Tallies => {
  const counts = where ? countsOf(rows, slice, ranges, where) : kept.countsOf(rows, slice, ranges);
  const tallies = new Tallies(undefined);
  counts.forEach((count, group) => {
    if (count === 0) return;
    const tally = tallies.of(group, 0);
    tally.support = count;
    tally.over.add(count);
  });
  return tallies;
};

const talliesOf = (
  figure: Figure,
  value: Exclude<Value, { kind: 'derived' }>,
  slice: Slice,
  ranges: Ranges,
  limits: Limits,
  kept: KeptWork,
): Tallies => {
  const { rows } = figure;
  const currencies = hasCurrency(figure) ? slice.rows.texts['currency'] : undefined;
  if (value.kind === 'count' && !currencies) return counted(rows, value, slice, ranges, kept);
  const isOfValues = value.kind === 'quantile' || value.kind === 'mean';
  const key = isOfValues && JSON.stringify([rows.where, rows.time, value.column, value.where, ranges, !!currencies]);
  const known = key ? kept.tallies(slice).get(key) : undefined;
  if (known) return known;
  const takesValues = value.kind === 'quantile';
  const tallies = new Tallies(currencies, takesValues && !currencies ? kept.countsOf(rows, slice, ranges) : undefined);
  visitRows(
    rows,
    slice,
    ranges,
    tallying(value, slice, (group, row) => tallies.of(group, row), limits),
  );
  // A mean alone takes no values, which quantiles would need.
  if (key && takesValues) kept.tallies(slice).set(key, tallies);
  return tallies;
};

/** By currency; rows without an amount have no currency, and are said beside the values of those that have one. */
const withMissing = (values: readonly FigureValue[]): readonly FigureValue[] => {
  const priced = values.filter(({ currency }) => currency !== null);
  if (priced.length === 0 || priced.length === values.length) return byCurrencyCode(values);
  const missing = values.reduce((total, one) => total + one.missing, 0);
  return byCurrencyCode(priced.map((one) => ({ ...one, missing })));
};
const byCurrencyCode = (values: readonly FigureValue[]): readonly FigureValue[] =>
  [...values].sort((a, b) => ((a.currency ?? '') < (b.currency ?? '') ? -1 : 1));

/** Whether a row may still join the numerator: not once its window is over. */
const openTest = (
  { open, takes }: Extract<Value, { kind: 'ratio' }>,
  { rows }: Slice,
  { windowMs, at }: Limits,
): ((row: number) => boolean) => {
  if (!open) return () => false;
  const meets = rowTest(rows, open);
  const begins = takes && windowMs !== undefined ? rows.numbers[takes.from]! : undefined;
  return begins ? (row) => meets(row) && at < begins[row]! + windowMs! : meets;
};

/** Adds a row to the tally of its group. */
const tallying = (
  value: Exclude<Value, { kind: 'derived' }>,
  slice: Slice,
  tallyOf: (group: number, row: number) => Tally,
  limits: Limits,
): ((row: number, group: number) => void) => {
  const { rows } = slice;
  const under = isBehind(value, 'denominator', slice, limits);
  if (value.kind === 'ratio') {
    const over = isBehind(value, 'numerator', slice, limits);
    const isOpen = openTest(value, slice, limits);
    const columnOf = ({ numerator, denominator }: typeof value) =>
      [numerator, denominator].map((part) => (part.kind === 'sum' ? rows.numbers[part.column]! : undefined));
    const [overValues, underValues] = columnOf(value);
    return (row, group) => {
      const [isUnder, isOver] = [under(row), over(row)];
      if (!isUnder && !isOver) return;
      const tally = tallyOf(group, row);
      if (isUnder) {
        tally.support++;
        tally.under.add(underValues?.[row] ?? 1);
        if (!isOver && isOpen(row)) tally.open++;
      }
      if (isOver) tally.over.add(overValues?.[row] ?? 1);
    };
  }
  const passes = rowTest(rows, value.where);
  const values = value.kind === 'count' ? undefined : rows.numbers[value.column]!;
  return (row, group) => {
    if (!passes(row)) return;
    const tally = tallyOf(group, row);
    if (!under(row)) return void tally.missing++;
    tally.support++;
    if (value.kind === 'quantile') tally.take(values![row]!);
    tally.over.add(values?.[row] ?? 1);
  };
};

const valueOf = (
  { unit }: Figure,
  value: Exclude<Value, { kind: 'derived' }>,
  tally: Tally,
  currency: string | null,
): FigureValue => {
  const { support, open, missing, over, under } = tally;
  const known = { currency, support, open, missing };
  if (value.kind === 'quantile')
    return {
      ...{ ...known, numerator: undefined, denominator: undefined },
      value: support === 0 ? undefined : inUnit(quantileOf(tally.ranked(), value.share), unit),
    };
  const numerator = over.total;
  if (value.kind === 'count' || value.kind === 'sum')
    return { ...known, numerator: undefined, denominator: undefined, value: inUnit(exactOf(numerator), unit) };
  const denominator = value.kind === 'mean' ? BigInt(support) : under.total;
  return {
    ...{ ...known, numerator, denominator },
    value: denominator === 0n ? undefined : inUnit(exactOf(numerator).div(exactOf(denominator)), unit),
  };
};

/** Of whole numbers in their order, interpolated between neighbours (type 7), exactly. */
export const quantileOf = (values: InOrder, share: number): Exact => {
  const place = new ExactNumber(share).times(values.length - 1);
  const below = Math.floor(place.toNumber());
  const low = exactOf(values.at(below)!);
  const next = values.at(below + 1);
  return next === undefined ? low : low.plus(exactOf(next).minus(low).times(place.minus(below)));
};

/** A figure made of others: in each currency of those of its parts that have currencies. */
const evaluateDerived = (
  figure: Figure,
  { parts, of }: Extract<Value, { kind: 'derived' }>,
  sliceOfFigure: (figure: Figure) => Slice,
  ranges: Ranges,
  limits: Limits,
  kept: KeptWork,
): ReadonlyMap<number, readonly FigureValue[]> => {
  const evaluated = parts.map((part) => evaluate(part, sliceOfFigure, ranges, limits, kept));
  const groups = new Set(evaluated.flatMap((byGroup) => [...byGroup.keys()]));
  const nothing = { open: 0, missing: 0, numerator: undefined, denominator: undefined };
  return new Map(
    [...groups].map((group): [number, FigureValue[]] => {
      const found = evaluated.map((byGroup) => byGroup.get(group) ?? []);
      const currencies = hasCurrency(figure)
        ? [...new Set(found.flatMap((values) => values.flatMap(({ currency }) => currency ?? [])))].sort()
        : [null];
      return [
        group,
        currencies.map((currency) => {
          const its = found.map((values, index) =>
            values.find((one) => one.currency === (hasCurrency(parts[index]!) ? currency : null)),
          );
          const numbers = its.map((one, index) => one?.value ?? emptyValue(parts[index]!));
          const value = numbers.some((number) => number === undefined) ? undefined : of(numbers as Exact[]);
          const support = Math.min(...its.map((one) => one?.support ?? 0));
          const open = its.reduce((total, one) => total + (one?.open ?? 0), 0);
          const missing = its.reduce((total, one) => total + (one?.missing ?? 0), 0);
          return { ...nothing, currency, value, support, open, missing };
        }),
      ];
    }),
  );
};
/** What a figure without rows is. */
export const emptyValue = ({ value }: Figure): Exact | undefined =>
  value.kind === 'count' || value.kind === 'sum' ? exactOf(0) : undefined;
