import {
  DAY_MS,
  durationInWords,
  durationMs,
  formatMoney,
  withThousandsSeparators,
  instantInWords,
  type MoneySum,
} from '@baton/kernel';
import { exitReportOf } from '@baton/platform/start';
import { SingleBar } from 'cli-progress';
import stringWidth from 'string-width';
import { withVisibleControls } from '@baton/platform/telemetry';
import { terminal } from './terminal';

/** Prints to standard output: the one way out for all text of an answer. @returns false when the reader is behind */
export const print = (text: string): boolean => terminal().stdout.write(withVisibleControls(text));

export const line = (text: string): void => {
  print(`${text}\n`);
};

/** Prints a line that is no part of the answer, on standard error. */
export const warn = (text: string): void => {
  terminal().stderr.write(`${withVisibleControls(text)}\n`);
};

/** Prints one JSON document as the whole answer. */
export const printJson = (value: unknown): void => line(JSON.stringify(value));

/** How wide a page is that is written to a file or a pipe, which has no width of its own. */
const PAGE_WIDTH = 100;
/** A column of words is not narrower than its longest word, within these bounds. */
const NARROWEST = 10;
const LONGEST_WORD = 24;
/** What the borders and the blanks of a column take. */
const FRAME = 3;

const tableWidth = (widths: readonly number[]): number => widths.reduce((sum, one) => sum + one + FRAME, 1);

/** How wide columns are so that the table is no wider than it may be: the widest that can give way do. */
const fitWidths = (natural: readonly number[], least: readonly number[], width: number): number[] => {
  const widths = natural.map((one, at) => Math.max(least[at]!, Math.min(one, width)));
  for (let over = tableWidth(widths) - width; over > 0; over--) {
    const widest = widths.reduce((best, one, at) => (one > least[at]! && one > (widths[best] ?? 0) ? at : best), -1);
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
};
/** The columns of each part of a table that is too wide: what a row is stands in all of them. */
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

/** How many columns of a terminal a text takes: wide letters and emoji take two. */
const widthOf = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text));
const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
/** A letter with its accents, an emoji with all that is joined to it, a flag. Intl.Segmenter is quadratic in long texts. */
const LETTER = /\p{RI}{2}|.[\p{M}\p{Emoji_Modifier}]*(?:\u200d.[\p{M}\p{Emoji_Modifier}]*)*/gsu;

/** A word in pieces that a line holds; letters and emoji stay whole. */
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

/** The lines of a text: broken between its words, and within a word that is longer than a line. */
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

/** A row as it stands between the borders: as many lines as its longest cell has. */
const rowOf = (cells: readonly (readonly string[])[], widths: readonly number[], right: readonly boolean[]): string[] =>
  Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, at) => {
    const padded = cells.map((lines, column) => {
      const text = lines[at] ?? '';
      const rest = ' '.repeat(Math.max(0, widths[column]! - widthOf(text)));
      return right[column] ? ` ${rest}${text} ` : ` ${text}${rest} `;
    });
    return `│${padded.join('│')}│`;
  });

/** Numbers, amounts (`12.00 EUR, 3.50 USD`) and durations (`2 h 5 min`), which stand to the right. */
const MEASURE = /^(([-−]?[\d,.]+( ([A-Z]{3}|h|min|s|ms))?)([,]? |$))*$/;

/** Between the amounts of a cell. */
const SIDE_BY_SIDE = ', ';
/** Amounts one below the other. */
const onSeparateLines = (amounts: string): string => amounts.replaceAll(SIDE_BY_SIDE, ',\n');

/** A number is printed as a whole one with its thousands grouped. */
type Row = readonly (string | number | null)[];
/**
 * Prints a table; numbers to the right. A column in which no row has a value is left out, and without rows there is a
 * line that says so. Where it would be wider than
 * `width`, long words and sentences go on in more lines; a figure never does: what does not fit beside the others
 * stands in a table below, with its first column again.
 * @param columns each names its unit: `won (deals)`, or shows it in its cells (an amount, a duration)
 * @param width by default that of the terminal; what is piped on has none
 */
export const printTable = (
  columns: readonly string[],
  found: readonly Row[],
  width = terminal().stdout.columns,
): void => {
  if (found.length === 0) return line(`none (${columns.join(', ')})`);
  const filled = columns.map((_, at) => found.some((row) => (row[at] ?? '') !== ''));
  // The unit stands below the name: a column is as wide as its figures.
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

/** A report's key: null is what nobody stated, an empty text is a value of its own. */
export const keyText = (value: string | null): string =>
  value === null ? '(not stated)' : value === '' ? '(blank)' : value;
const ARROW = ' > ';
/**
 * Steps in their order, `email ×3 > direct`: what follows itself stands once. What is wider than `width` characters
 * loses steps in its middle, and says how many.
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

/** The columns of the terminal; of what is no terminal as many as one has by default. */
export const terminalWidth = (): number => terminal().stdout.columns ?? PAGE_WIDTH;

/** A whole number as people read it, `52,986`. */
export const count = (value: number): string => withThousandsSeparators(value);
/** How many of what there are, `1 path`, `52,986 events`. */
export const countOf = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
/** Amounts side by side, `12.00 EUR, 3,500.50 USD`; none is empty. */
export const money = (amounts: readonly MoneySum[] | null | undefined): string =>
  (amounts ?? []).map(formatMoney).join(SIDE_BY_SIDE);
/** A number with so many decimal places, `1,234.50`; none is empty. */
export const fixed = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? '' : withThousandsSeparators(value.toFixed(digits));
/** A duration with its units, `2 h 5 min`, to the second below an hour, above it to the minute; none is empty. */
export const duration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return '';
  const step = ms < 3_600_000 ? 1000 : 60_000;
  return durationInWords(Math.round(ms / step) * step);
};
/** An ISO 8601 duration in words: `P90D` is "90 days". What is none, as `none`, stays. */
export const period = (text: string): string => {
  if (!text.startsWith('P')) return text;
  const ms = durationMs(text);
  return ms % DAY_MS === 0 ? countOf(ms / DAY_MS, 'day') : durationInWords(ms);
};
/** An instant as people read it, `2024-01-17 10:00 UTC`; none is empty. */
export const time = (instant: string | null | undefined): string => (instant ? instantInWords(instant) : '');

/** Tells a failure on standard error, `code: what to do`, and sets the exit code: 1, or 2 for a fault of ours. */
export const fail = (error: Error): void => {
  // What commander itself says (an unknown option, the help) is printed by it already.
  const printed = 'exitCode' in error;
  const { message, exitCode } = exitReportOf(error);
  if (!printed) warn(message);
  terminal().exitCode = printed ? Number(error.exitCode) : exitCode;
};

const PLAIN_LINE_MS = 2_000;

/** Progress on standard error: a bar on a terminal, otherwise a plain line now and then. */
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
