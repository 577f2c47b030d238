import {
  csvCell,
  DAY_MS,
  durationInWords,
  durationMs,
  enumeration,
  field,
  formatMoney,
  withThousandsSeparators,
  instantInWords,
  type EnumerationValue,
  type MoneySum,
} from '@baton/kernel';
import { exitReportOf } from '@baton/platform/start';
import { SingleBar } from 'cli-progress';
import stringWidth from 'string-width';
import { withVisibleControls } from '@baton/platform/visible';
import { terminal } from './terminal';

/** Prints to standard output; all text of an answer goes through here. @returns false when the reader is slower */
export const print = (text: string): boolean => terminal().stdout.write(withVisibleControls(text));

export const line = (text: string): void => {
  print(`${text}\n`);
};

/** Prints a line on standard error that is not part of the answer. */
export const warn = (text: string): void => {
  terminal().stderr.write(`${withVisibleControls(text)}\n`);
};

export const formats = enumeration('OutputFormat', 'How rows are printed.', {
  table: 'A table for people.',
  json: 'One JSON document.',
  csv: 'Comma-separated values, with a head.',
  ndjson: 'One JSON document per line.',
});
export type Format = EnumerationValue<typeof formats>;
/** The option of commands that print rows; `--json` is the same as `--format json`. */
export const formatField = { format: field.enum(formats, 'Output format:', { default: 'table' }) } as const;

/** Prints a row of comma-separated values; an absent one is empty. @returns false when the reader is slower */
export const printCsv = (cells: readonly unknown[]): boolean => print(`${cells.map(csvCell).join(',')}\n`);

/** Prints the whole answer as one JSON document. */
export const printJson = (value: unknown): void => line(JSON.stringify(value));

/** Page width for a file or a pipe, which has no width of its own. */
const PAGE_WIDTH = 100;
/** Bounds of the width of a column of words: at least its longest word, within these. */
const NARROWEST = 10;
const LONGEST_WORD = 24;
/** Width of the borders and blanks of a column. */
const FRAME = 3;

const tableWidth = (widths: readonly number[]): number => widths.reduce((sum, one) => sum + one + FRAME, 1);

/** Column widths that fit the page: the widest columns that can shrink, do. */
const fitWidths = (natural: readonly number[], least: readonly number[], width: number): number[] => {
  const widths = natural.map((one, at) => Math.max(least[at]!, Math.min(one, width)));
  for (let over = tableWidth(widths) - width; over > 0; over--) {
    const widest = widths.reduce((best, one, at) => (one > least[at]! && one > (widths[best] ?? 0) ? at : best), -1);
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
};
/** The columns of each part of a table that is too wide; the first column is repeated in every part. */
const partsOf = (least: readonly number[], width: number): number[][] => {
  const parts: number[][] = [[0]];
  for (let column = 1; column < least.length; column++) {
    const part = parts.at(-1)!;
    const fits = tableWidth([...part, column].map((at) => least[at]!)) <= width;
    if (fits || part.length === 1) part.push(column);
    else parts.push([0, column]);
  }
  return parts;
};

/** Terminal columns that a text takes: wide letters and emoji take two. */
const widthOf = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text));
const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
/** Grapheme clusters: a letter with its accents, a joined emoji, a flag. Intl.Segmenter is quadratic in long texts. */
const LETTER = /\p{RI}{2}|.[\p{M}\p{Emoji_Modifier}]*(?:\u200d.[\p{M}\p{Emoji_Modifier}]*)*/gsu;

/** A word cut into pieces that fit a line; letters and emoji stay whole. */
const piecesOf = (word: string, width: number): string[] => {
  if (widthOf(word) <= width) return [word];
  const pieces: string[] = [];
  let [piece, taken] = ['', 0];
  for (const [letter] of word.matchAll(LETTER)) {
    const more = widthOf(letter);
    if (taken + more > width && piece !== '') {
      pieces.push(piece);
      [piece, taken] = ['', 0];
    }
    piece += letter;
    taken += more;
  }
  return [...pieces, piece];
};

/** The lines of a text: broken between words, and within a word longer than a line. */
const wrapText = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let [line, taken] = ['', 0];
  for (const [, blanks = '', word = ''] of text.matchAll(/(\s*)(\S+)/gu))
    for (const [place, piece] of piecesOf(word, width).entries()) {
      const before = place === 0 && (line !== '' || lines.length === 0) ? blanks : '';
      const more = before.length + widthOf(piece);
      if (line !== '' && taken + more > width) {
        lines.push(line);
        [line, taken] = [piece, widthOf(piece)];
      } else [line, taken] = [line + before + piece, taken + more];
    }
  return [...lines, line];
};

/** A row between the borders: as many lines as its longest cell has. */
const rowOf = (cells: readonly (readonly string[])[], widths: readonly number[], right: readonly boolean[]): string[] =>
  Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, at) => {
    const padded = cells.map((lines, column) => {
      const text = lines[at] ?? '';
      const rest = ' '.repeat(Math.max(0, widths[column]! - widthOf(text)));
      return right[column] ? ` ${rest}${text} ` : ` ${text}${rest} `;
    });
    return `│${padded.join('│')}│`;
  });

/** Numbers, amounts (`12.00 EUR, 3.50 USD`) and durations (`2 h 5 min`), which are aligned right. */
const MEASURE = /^(([-−]?[\d,.]+( ([A-Z]{3}|h|min|s|ms))?)([,]? |$))*$/;

/** Separator of the amounts in a cell. */
const SIDE_BY_SIDE = ', ';
/** Amounts, one per line. */
const onSeparateLines = (amounts: string): string => amounts.replaceAll(SIDE_BY_SIDE, ',\n');

/** Numbers are printed as whole numbers with grouped thousands. */
type Row = readonly (string | number | null)[];
/**
 * Prints a table, figures aligned right. A column without any value is left out; without rows, one line says so. In a
 * table wider than `width`, long words and sentences are wrapped, figures never: columns that do not fit follow in a
 * table below, with the first column repeated.
 * @param columns each names its unit, `won (deals)`, or its cells do (an amount, a duration)
 * @param width by default that of the terminal; unlimited for a pipe
 */
export const printTable = (
  columns: readonly string[],
  found: readonly Row[],
  width = terminal().stdout.columns,
): void => {
  if (found.length === 0) return line(`none (${columns.join(', ')})`);
  const filled = columns.map((_, at) => found.some((row) => (row[at] ?? '') !== ''));
  // The unit is printed below the name, so that a column is as wide as its figures.
  const head = columns.filter((_, at) => filled[at]).map((name) => name.replace(/ (?=\([^()]*\)$)/, '\n'));
  const rows = found.map((row) => row.filter((_, at) => filled[at]));
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? count(cell) : withVisibleControls(cell ?? ''))),
  );
  const numeric = head.map((_, column) => cells.every((row) => MEASURE.test(row[column]!)));
  const textsOf = (column: number) => [head, ...cells].map((row) => row[column]!);
  const natural = head.map((_, column) => longest(textsOf(column).flatMap((text) => text.split('\n'))));
  const fits = width === undefined || tableWidth(natural) <= width;
  const least = head.map((name, column) => {
    const figures = () =>
      longest([...name.split('\n'), ...cells.flatMap((row) => onSeparateLines(row[column]!).split('\n'))]);
    const word = () => longest(textsOf(column).flatMap((text) => text.split(/\s+/)));
    return numeric[column]
      ? figures()
      : Math.min(natural[column]!, Math.max(NARROWEST, Math.min(LONGEST_WORD, word())));
  });
  for (const part of fits ? [head.map((_, at) => at)] : partsOf(least, width)) {
    const of = <T>(values: readonly T[]): T[] => part.map((at) => values[at]!);
    const right = of(numeric);
    const widths = fits ? of(natural) : fitWidths(of(natural), of(least), width);
    const linesOf = (text: string, at: number): readonly string[] => {
      if (fits || widthOf(text) <= widths[at]!) return text.split('\n');
      return right[at]
        ? onSeparateLines(text).split('\n')
        : text.split('\n').flatMap((one) => wrapText(one, widths[at]!));
    };
    const border = ([left, between, end]: string) =>
      `${left}${widths.map((one) => '─'.repeat(one + FRAME - 1)).join(between)}${end}`;
    const drawn = (row: readonly string[]) => rowOf(of(row).map(linesOf), widths, right);
    line([border('┌┬┐'), ...drawn(head), border('├┼┤'), ...cells.flatMap(drawn), border('└┴┘')].join('\n'));
  }
};

/** The key of a report: null means not stated; an empty text is a value. */
export const keyText = (value: string | null): string =>
  value === null ? '(not stated)' : value === '' ? '(blank)' : value;
const ARROW = ' > ';
/**
 * Steps in order, `email ×3 > direct`: repeated steps are grouped. If wider than `width` characters, the middle is left
 * out, with the number of missing steps.
 */
export const pathOf = (steps: readonly string[], width: number): string => {
  const runs: { readonly step: string; times: number }[] = [];
  for (const step of steps)
    if (runs.at(-1)?.step === step) runs.at(-1)!.times++;
    else runs.push({ step, times: 1 });
  const words = runs.map(({ step, times }) => (times === 1 ? step : `${step} ×${times}`));
  for (let left = words.length; left >= 2; left--) {
    const head = words.slice(0, Math.ceil(left / 2));
    const tail = words.slice(words.length - Math.floor(left / 2));
    const away = runs.slice(head.length, words.length - tail.length).reduce((sum, { times }) => sum + times, 0);
    const text = [...head, ...(away > 0 ? [`… ${away} more …`] : []), ...tail].join(ARROW);
    if (text.length <= width || left === 2) return text;
  }
  return words.join(ARROW);
};

/** Columns of the terminal; 80 if it is not a terminal. */
export const terminalWidth = (): number => terminal().stdout.columns ?? PAGE_WIDTH;

/** A whole number with grouped thousands, `52,986`. */
export const count = (value: number): string => withThousandsSeparators(value);
/** A count with its noun, `1 path`, `52,986 events`. */
export const countOf = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
/** Amounts in one line, `12.00 EUR, 3,500.50 USD`; '' if absent. */
export const money = (amounts: readonly MoneySum[] | null | undefined): string =>
  (amounts ?? []).map(formatMoney).join(SIDE_BY_SIDE);
/** A number with that many decimal places, `1,234.50`; '' if absent. */
export const fixed = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? '' : withThousandsSeparators(value.toFixed(digits));
/** A duration with its units, `2 h 5 min`, to the second below an hour, otherwise to the minute; '' if absent. */
export const duration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return '';
  const step = ms < 3_600_000 ? 1000 : 60_000;
  return durationInWords(Math.round(ms / step) * step);
};
/** An ISO 8601 duration in words: `P90D` is "90 days"; other text, such as `none`, is kept. */
export const period = (text: string): string => {
  if (!text.startsWith('P')) return text;
  const ms = durationMs(text);
  return ms % DAY_MS === 0 ? countOf(ms / DAY_MS, 'day') : durationInWords(ms);
};
/** An instant, `2024-01-17 10:00 UTC`; '' if absent. */
export const time = (instant: string | null | undefined): string => (instant ? instantInWords(instant) : '');

/**
 * Prints a failure on standard error, `code: what to do`, and sets the exit code: 1 for a refusal, 2 for an internal
 * error.
 */
export const fail = (error: Error): void => {
  // commander has already printed its own messages (an unknown option, the help).
  const printed = 'exitCode' in error;
  const { message, exitCode } = exitReportOf(error);
  if (!printed) warn(message);
  terminal().exitCode = printed ? Number(error.exitCode) : exitCode;
};

const PLAIN_LINE_MS = 2_000;

/** Progress on standard error: a bar on a terminal, otherwise a line now and then. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private printedAt = Date.now();

  constructor(
    private readonly what: string,
    private readonly unit: string,
    private total?: number,
  ) {
    const { stderr } = terminal();
    if (!stderr.isTTY) return;
    this.bar = new SingleBar({ format: `${what} {bar} {value}/{total} ${unit} {eta_formatted}`, stream: stderr });
    this.bar.start(total ?? 0, 0);
  }

  at(value: number, total = this.total): void {
    this.total = total;
    if (this.bar) {
      this.bar.setTotal(total ?? value);
      this.bar.update(value);
    } else if (Date.now() - this.printedAt > PLAIN_LINE_MS) {
      this.printedAt = Date.now();
      warn(`${this.what}: ${count(value)}${total ? ` of ${count(total)}` : ''} ${this.unit}`);
    }
  }

  done(): void {
    this.bar?.stop();
  }
}
