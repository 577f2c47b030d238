import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parse, type Info } from 'csv-parse';
import { isBlank, Refused, withoutInvisibleMarks } from '@baton/kernel';
import type { PathCounts } from '@baton/attribution';

export interface PathFileOptions {
  /** Separator of the steps of a path; ` > ` by default. */
  readonly separator?: string;
  /** Columns by name; by default `path`, and the first existing one of those listed below. */
  readonly pathColumn?: string;
  readonly conversionsColumn?: string;
  readonly valueColumn?: string;
  readonly nullsColumn?: string;
}

const LONGEST_ROW = 64 * 2 ** 20;
const defaultColumns = {
  path: ['path'],
  conversions: ['conversions', 'total_conversions'],
  value: ['value', 'total_conversion_value'],
  nulls: ['nulls', 'total_null'],
} as const;
const otherSeparators = [' > ', '>', ' | ', '|', ';', '→', '⇒', '»', '›', '＞', '->', '/', ',', '\t'];
/** Separators used by spreadsheets of other locales. */
const otherDelimiter = /[;\t|]/;
const MAX_LISTED_LINES = 3;
/** A sign that may also belong to a step, as in `Facebook/Instagram`. It is counted and reported, not refused. */
interface MixedSeparator {
  paths: number;
  /** Lines of the first ones. */
  readonly lines: number[];
}
const fault = (code: string, message: string, line: number, column = ''): Refused =>
  new Refused(`paths/${code}`, message, `line ${line}${column && `, ${column}`}`);

interface Columns {
  readonly path: number;
  readonly conversions: number;
  /** -1: no such column. */
  readonly value: number;
  readonly nulls: number;
}

const columnsOf = (header: readonly string[], options: PathFileOptions, line: number): Columns => {
  const find = (what: keyof Columns, option: string | undefined, needed: boolean): number => {
    const names = option === undefined ? defaultColumns[what] : [option];
    const name = names.find((one) => header.includes(one));
    if (name === undefined) {
      if (!needed && option === undefined) return -1;
      const [sign] = header.length === 1 ? (otherDelimiter.exec(header[0]!) ?? []) : [];
      if (sign !== undefined) {
        const named = sign === '\t' ? 'tabs' : `"${sign}"`;
        throw fault(
          'other-delimiter',
          `Columns must be separated by commas; here they seem to be separated by ${named}. Convert the file.`,
          line,
        );
      }
      throw fault(
        'missing-column',
        `The file has no column ${names.join(' or ')}; name it with --${what}-column.`,
        line,
        names[0],
      );
    }
    if (header.indexOf(name) !== header.lastIndexOf(name))
      throw fault('duplicate-column', 'Two columns of the header have this name; rename one of them.', line, name);
    return header.indexOf(name);
  };
  return {
    path: find('path', options.pathColumn, true),
    conversions: find('conversions', options.conversionsColumn, true),
    value: find('value', options.valueColumn, false),
    nulls: find('nulls', options.nullsColumn, false),
  };
};

const numberOf = (cell: string, line: number, column: string): number => {
  const text = withoutInvisibleMarks(cell);
  if (text === '') throw fault('missing-count', 'The count is blank; write 0.', line, column);
  const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(number))
    throw fault('not-a-number', 'The value must be a plain number, such as 12 or 0.5.', line, column);
  if (number < 0) throw fault('negative-count', 'Counts and values must be 0 or more.', line, column);
  return number;
};

const stepsOf = (cell: string, separator: string, line: number, column: string): string[] => {
  const steps = cell.split(separator).map(withoutInvisibleMarks);
  const place = steps.findIndex(isBlank);
  if (place < 0) return steps;
  const where =
    steps.length === 1
      ? 'The path is empty; give at least one channel.'
      : `Step ${place + 1} of ${steps.length} is empty; give its channel.`;
  throw fault('empty-step', where, line, column);
};

const mixedWarning = (sign: string, { paths, lines }: MixedSeparator, separator: string): string => {
  const named = lines.join(', ') + (paths > lines.length ? ' …' : '');
  return `${paths} paths contain ${sign} within a channel (line ${named}): steps are separated by "${separator}" only`;
};

/** Looks for signs that the separator is wrong, row by row. */
class SeparatorCheck {
  private anySplit = false;
  private suspect: { readonly line: number; readonly sign: string } | undefined;
  private tight: { readonly line: number; readonly step: string } | undefined;
  private readonly mixed = new Map<string, MixedSeparator>();

  constructor(private readonly separator: string) {
    if (separator === '')
      throw new Refused('paths/other-separator', '--separator must have at least one character.', 'separator');
  }

  add(cell: string, steps: readonly string[], line: number): void {
    this.anySplit ||= steps.length > 1;
    if (!this.anySplit && !this.suspect) {
      const sign = this.otherSeparatorIn([cell]);
      if (sign !== undefined) this.suspect = { line, sign };
    }
    const bare = this.separator.trim();
    const unsplit = bare === '' ? undefined : steps.find((step) => step.includes(bare));
    if (unsplit !== undefined) this.tight ??= { line, step: unsplit };
    else {
      const sign = this.otherSeparatorIn(steps);
      if (sign !== undefined) this.countMixed(sign === '\t' ? 'a tab' : `"${sign.trim()}"`, line);
    }
  }

  /** @returns the warnings, once all rows were added; throws Refused `paths/other-separator` */
  result(): readonly string[] {
    // If every path is a single step that contains another sign, that sign is probably the separator.
    if (!this.anySplit && this.suspect)
      throw fault(
        'other-separator',
        `No path contains the separator "${this.separator}"; set --separator, perhaps to "${this.suspect.sign}".`,
        this.suspect.line,
      );
    if (this.anySplit && this.tight)
      throw fault(
        'other-separator',
        `Other paths are separated by "${this.separator}"; here "${this.tight.step}" would be one channel. Use one separator in the whole file.`,
        this.tight.line,
      );
    return [...this.mixed].map(([sign, found]) => mixedWarning(sign, found, this.separator));
  }

  private otherSeparatorIn(texts: readonly string[]): string | undefined {
    return otherSeparators.find((sign) => sign !== this.separator && texts.some((text) => text.includes(sign)));
  }
  private countMixed(sign: string, line: number): void {
    const known = this.mixed.get(sign) ?? { paths: 0, lines: [] };
    this.mixed.set(sign, known);
    known.paths++;
    if (known.lines.length < MAX_LISTED_LINES) known.lines.push(line);
  }
}

const countsOf = (record: readonly string[], columns: Columns, header: readonly string[], line: number): PathCounts => {
  const countIn = (column: number) => (column < 0 ? 0 : numberOf(record[column]!, line, header[column]!));
  const conversions = countIn(columns.conversions);
  const hasNoValue = conversions === 0 && columns.value >= 0 && withoutInvisibleMarks(record[columns.value]!) === '';
  const value = hasNoValue ? 0 : countIn(columns.value);
  if (conversions === 0 && value !== 0)
    throw fault(
      'value-without-conversions',
      'The path has a value but no conversions, so the value cannot be credited: give its conversions, or 0 as its value.',
      line,
      header[columns.value]!,
    );
  return { conversions, nulls: countIn(columns.nulls), value };
};

/**
 * Reads a path table row by row: a path, its conversions, and its value and nulls if the file has them. A blank value
 * counts as 0 if nothing converted. Steps split by the same sign with different white space are refused: `a>b` in a
 * file with `a > b` is not a channel. Steps that contain another common separator are counted in a warning.
 * @param each receives every row, in file order
 * @returns the number of rows, and the warnings
 * @throws Refused with `line n, column` as its path: `paths/no-file`, `paths/empty-file`, `paths/missing-column`,
 *   `paths/duplicate-column`, `paths/ragged-row`, `paths/bad-csv`, `paths/empty-step`, `paths/missing-count`,
 *   `paths/other-delimiter`, `paths/not-a-number`, `paths/negative-count`, `paths/value-without-conversions`,
 *   `paths/other-separator`
 */
export const readPaths = async (
  file: string,
  options: PathFileOptions,
  each: (steps: readonly string[], counts: PathCounts) => void,
): Promise<{ readonly rows: number; readonly warnings: readonly string[] }> => {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new Refused('paths/no-file', `${basename(file)} is not a file; give the path of a CSV file.`, 'file');
  const { separator = ' > ' } = options;
  const separators = new SeparatorCheck(separator);
  const rows = createReadStream(file).pipe(
    parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: LONGEST_ROW }),
  ) as AsyncIterable<{ record: string[]; info: Info }>;
  let header: string[] | undefined;
  let columns: Columns | undefined;
  let count = 0;
  try {
    for await (const { record, info } of rows) {
      const line = info.lines;
      if (!header || !columns) {
        header = record.map(withoutInvisibleMarks);
        columns = columnsOf(header, options, line);
        continue;
      }
      if (record.length !== header.length)
        throw fault(
          'ragged-row',
          `The row has ${record.length} cells, but the header has ${header.length}; check its commas and quotes.`,
          line,
        );
      const cell = record[columns.path]!;
      const steps = stepsOf(cell, separator, line, header[columns.path]!);
      separators.add(cell, steps, line);
      each(steps, countsOf(record, columns, header, line));
      count++;
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
    const { code, lines } = error as { code?: string; lines?: number };
    if (!code?.startsWith('CSV_')) throw error;
    throw fault('bad-csv', 'The row is not valid CSV; check its quotes.', lines ?? count + 2);
  }
  if (count === 0)
    throw new Refused('paths/empty-file', 'The file has no paths; it needs a header and at least one row.', 'file');
  return { rows: count, warnings: separators.result() };
};
