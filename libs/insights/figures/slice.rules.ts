import { passesFilter, Refused, type ValueFilter } from '@baton/kernel';
import type { AnyFact, DatedDimension, Fact, JoinedDimension, PackedRows } from './fact.rules';
import type { RowCondition, Wanted } from './figure.rules';

/** The packed rows of the facts of a question. */
export type RowsOfFact = (fact: AnyFact) => PackedRows;
/** What only rows with these values in dimensions count for. */
export type DimensionFilters = Readonly<Record<string, ValueFilter | undefined>>;

/** The value of a dimension by row: a code, -1 for none, and the words by code. */
interface DimensionCodes {
  readonly codes: Int32Array;
  readonly words: readonly string[];
}

/** @throws Refused `figures/unknown-dimension` with those that the fact has */
const dimensionCodes = (fact: Fact, name: string, rowsOf: RowsOfFact, path: string): DimensionCodes => {
  const dimension = fact.dimensions[name];
  if (dimension === undefined)
    throw new Refused(
      'figures/unknown-dimension',
      `${fact.name} cannot be asked by ${name}; it can be by ${Object.keys(fact.dimensions).join(', ')}.`,
      path,
    );
  const rows = rowsOf(fact);
  if (typeof dimension === 'string') return rows.texts[dimension]!;
  return 'at' in dimension
    ? datedCodes(dimension, rows, rowsOf(dimension.fact()))
    : joinedCodes(dimension, rows, rowsOf(dimension.fact()));
};

const joinedCodes = (
  { through, column, orElse }: JoinedDimension,
  rows: PackedRows,
  other: PackedRows,
): DimensionCodes => {
  const { codes: values, words } = other.texts[column]!;
  const { codes: keys, words: ids } = rows.texts[through]!;
  const placeByKey = Int32Array.from(ids, (id) => other.placeOf(id) ?? -1);
  const placeOf = (row: number): number => (keys[row]! < 0 ? -1 : placeByKey[keys[row]!]!);
  const own = orElse === undefined ? undefined : rows.texts[orElse]!;
  const codes = new Int32Array(rows.count);
  if (!own) {
    for (let row = 0; row < rows.count; row++) codes[row] = placeOf(row) < 0 ? -1 : values[placeOf(row)]!;
    return { codes, words };
  }
  // Words of both columns: those of the other one first.
  const all = [...words];
  const codeOf = new Map(words.map((word, code) => [word, code]));
  const ownCodes = own.words.map((word) => {
    const known = codeOf.get(word);
    return known ?? all.push(word) - 1;
  });
  for (let row = 0; row < rows.count; row++) {
    const place = placeOf(row);
    codes[row] = place >= 0 ? values[place]! : own.codes[row]! < 0 ? -1 : ownCodes[own.codes[row]!]!;
  }
  return { codes, words: all };
};

const datedCodes = (
  { through, at, key, from, column }: DatedDimension,
  rows: PackedRows,
  other: PackedRows,
): DimensionCodes => {
  const { codes: values, words } = other.texts[column]!;
  const whose = other.texts[key]!;
  const since = other.numbers[from]!;
  const begins = (place: number): number => (Number.isNaN(since[place]) ? -Infinity : since[place]!);
  const placesOf = whose.words.map((): number[] => []);
  for (let place = 0; place < other.count; place++) if (other.alive[place]) placesOf[whose.codes[place]!]!.push(place);
  for (const places of placesOf) places.sort((a, b) => begins(a) - begins(b));
  const { codes: keys, words: names } = rows.texts[through]!;
  const placesByKey = names.map((name) => placesOf[whose.codeOf.get(name) ?? -1]);
  const codes = new Int32Array(rows.count).fill(-1);
  for (let row = 0; row < rows.count; row++) {
    const places = keys[row]! < 0 ? undefined : placesByKey[keys[row]!];
    if (!places || places.length === 0) continue;
    const known = at.find((name) => !Number.isNaN(rows.numbers[name]![row]));
    const day = known === undefined ? Infinity : rows.numbers[known]![row]!;
    codes[row] = values[places.findLast((place) => begins(place) <= day)!]!;
  }
  return { codes, words };
};

/** Rows of a fact that pass the filters, each in a group. */
export interface Slice {
  readonly rows: PackedRows;
  /** The group of each row, 0 where all are one; -1 for a row that is left out. */
  readonly groupOf: Int32Array;
  /** By group; null for rows without a value. */
  readonly keys: readonly (string | null)[];
}

/**
 * The rows of a fact that pass the filters, by the values of a dimension.
 * @param by without one all rows are one group
 * @throws Refused `figures/unknown-dimension`
 */
export const sliceOf = (
  fact: Fact,
  { filters, by }: { readonly filters: DimensionFilters; readonly by?: string | undefined },
  rowsOf: RowsOfFact,
): Slice => {
  const rows = rowsOf(fact);
  const groupOf = new Int32Array(rows.count);
  let keys: (string | null)[] = [null];
  if (by === undefined) for (let row = 0; row < rows.count; row++) groupOf[row] = rows.alive[row]! - 1;
  else {
    const { codes, words } = dimensionCodes(fact, by, rowsOf, 'by');
    for (let row = 0; row < rows.count; row++) groupOf[row] = rows.alive[row] ? codes[row]! + 1 : -1;
    keys = [null, ...words];
  }
  for (const [name, filter] of Object.entries(filters)) {
    if (filter === undefined) continue;
    const { codes, words } = dimensionCodes(fact, name, rowsOf, name);
    const passes = Uint8Array.from([null, ...words], (word) => (passesFilter(filter, word) ? 1 : 0));
    for (let row = 0; row < rows.count; row++) if (!passes[codes[row]! + 1]) groupOf[row] = -1;
  }
  return { rows, groupOf, keys };
};

/** The key of all groups that are too small to be shown; it is no value of rows, and its place says so. */
const OTHER = 'other';
/**
 * The slice with at most so many groups: those with the most rows first, and all others in one.
 * @param rowsIn the rows of a group
 * @returns `groups`: those that have rows, in their order; the slice is the same where all are shown
 */
export const withLargestGroups = (
  slice: Slice,
  rowsIn: ArrayLike<number>,
  most: number,
): { readonly slice: Slice; readonly groups: readonly number[]; readonly other?: number } => {
  const present = slice.keys.map((_, group) => group).filter((group) => rowsIn[group]! > 0);
  const order = (a: number, b: number) => rowsIn[b]! - rowsIn[a]! || (slice.keys[a]! < slice.keys[b]! ? -1 : 1);
  present.sort(order);
  if (present.length <= most) return { slice, groups: present };
  const shown = present.slice(0, most - 1);
  const other = shown.length;
  const place = new Int32Array(slice.keys.length).fill(other);
  shown.forEach((group, index) => (place[group] = index));
  return {
    slice: {
      rows: slice.rows,
      groupOf: slice.groupOf.map((group) => (group < 0 ? -1 : place[group]!)),
      keys: [...shown.map((group) => slice.keys[group]!), OTHER],
    },
    ...{ groups: [...shown.keys(), other], other },
  };
};

const among = (wanted: Wanted): wanted is string | boolean | readonly string[] =>
  typeof wanted === 'string' || typeof wanted === 'boolean' || Array.isArray(wanted);

/** A test of one row. */
type RowTest = (row: number) => boolean;
const columnTest = (rows: PackedRows, column: string, wanted: Wanted): RowTest => {
  const text = rows.texts[column];
  if (text) {
    const { codes, words } = text;
    if (wanted === null) return (row) => codes[row] === -1;
    if (!among(wanted)) {
      if (!('known' in wanted)) throw new Error(`${column} is a text; it has no bounds.`);
      return (row) => (codes[row] !== -1) === wanted.known;
    }
    const texts = [wanted].flat().map(String);
    const passes = Uint8Array.from(words, (word) => (texts.includes(word) ? 1 : 0));
    return (row) => codes[row]! >= 0 && passes[codes[row]!] === 1;
  }
  const values = rows.numbers[column]!;
  if (wanted === null) return (row) => Number.isNaN(values[row]);
  if (among(wanted)) throw new Error(`${column} is a number; it has no words.`);
  if ('known' in wanted) return (row) => !Number.isNaN(values[row]) === wanted.known;
  const { atLeast = -Infinity, atMost = Infinity, above = -Infinity } = wanted;
  return (row) => values[row]! >= atLeast && values[row]! <= atMost && values[row]! > above;
};

/** Whether a row has all these values. @throws Error for a condition that does not fit its column */
export const rowTest = (rows: PackedRows, condition: RowCondition = {}): RowTest => {
  const tests = Object.entries(condition).map(([column, wanted]) => columnTest(rows, column, wanted));
  if (tests.length === 0) return () => true;
  if (tests.length === 1) return tests[0]!;
  return (row) => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
};
