import type { PackedRows } from './fact.rules';

/** The columns that say whose a row is, when it was, and which of several of one instant comes first. */
export interface SequenceColumns {
  readonly subject: string;
  readonly at: string;
  readonly place: string;
}
/** The rows of each subject in their order: those of the subject with code `c` are from `starts[c]` up to `starts[c + 1]`. */
export interface Sequences {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

const known = new WeakMap<PackedRows, Map<string, { readonly version: number; readonly sequences: Sequences }>>();
/** The rows of each subject of a text column; rows without a subject or an instant are left out. */
export const sequencesOf = (rows: PackedRows, columns: SequenceColumns): Sequences => {
  const key = JSON.stringify(columns);
  const before = known.get(rows)?.get(key);
  if (before?.version === rows.version) return before.sequences;
  const { codes, words } = rows.texts[columns.subject]!;
  const sequences = orderedBy(rows, codes, words.length, columns);
  known.set(rows, (known.get(rows) ?? new Map()).set(key, { version: rows.version, sequences }));
  return sequences;
};

/** The same for subjects that have codes of their own, such as the accounts of deals. @param codes by row, -1 for none */
export const orderedBy = (
  { count, alive, ids, entities, numbers }: PackedRows,
  codes: Int32Array,
  subjects: number,
  columns: SequenceColumns,
): Sequences => {
  const [at, place] = [numbers[columns.at]!, numbers[columns.place]!];
  const isIn = (row: number): boolean => alive[row] === 1 && codes[row]! >= 0 && !Number.isNaN(at[row]!);
  const starts = new Int32Array(subjects + 1);
  for (let row = 0; row < count; row++) if (isIn(row)) starts[codes[row]! + 1]!++;
  for (let code = 0; code < subjects; code++) starts[code + 1]! += starts[code]!;
  const [next, ordered] = [starts.slice(0, subjects), new Int32Array(starts[subjects]!)];
  for (let row = 0; row < count; row++) if (isIn(row)) ordered[next[codes[row]!]!++] = row;
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  // The rows of several people of one account at one instant: those of one person stay together.
  const compare = (a: number, b: number): number =>
    at[a]! - at[b]! || byText(entities[a]!, entities[b]!) || place[a]! - place[b]! || byText(ids[a]!, ids[b]!);
  for (let code = 0; code < subjects; code++) sortRange(ordered, starts[code]!, starts[code + 1]!, compare);
  return { starts, rows: ordered };
};

/** Most ranges are short and in order already. */
const sortRange = (rows: Int32Array, from: number, to: number, compare: (a: number, b: number) => number): void => {
  for (let place = from + 1; place < to; place++) {
    const row = rows[place]!;
    if (compare(rows[place - 1]!, row) <= 0) continue;
    if (to - from > 32) return void rows.subarray(from, to).sort(compare);
    let free = place;
    for (; free > from && compare(rows[free - 1]!, row) > 0; free--) rows[free] = rows[free - 1]!;
    rows[free] = row;
  }
};
