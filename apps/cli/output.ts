import { formatMoney, type MoneySum } from '@baton/kernel';
import { endingOf } from '@baton/platform/start';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { terminal } from './terminal';

/**
 * A text as a terminal may show it: what would move its cursor, change its colours or turn the direction of reading is
 * written as its code, `\\u001b`. JSON keeps its meaning by that. Line breaks and tabs stay.
 */
export const visible = (text: string): string =>
  text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Prints to standard output: the one way out for all text of an answer. @returns false when the reader is behind */
export const print = (text: string): boolean => terminal().stdout.write(visible(text));

export const line = (text: string): void => {
  print(`${text}\n`);
};

/** Prints a line that is no part of the answer, on standard error. */
export const warn = (text: string): void => {
  terminal().stderr.write(`${visible(text)}\n`);
};

/** Prints one JSON document as the whole answer. */
export const printJson = (value: unknown): void => line(JSON.stringify(value));

/** How wide a page is that is written to a file or a pipe, which has no width of its own. */
export const PAGE_WIDTH = 100;
const NARROWEST = 10;
/** What the borders and the blanks of a column take. */
const FRAME = 3;

/** How wide columns are so that the table is no wider than it may be: the widest give way first. */
const fitted = (natural: readonly number[], width: number): number[] => {
  const widths = [...natural];
  for (let over = total(widths) - width; over > 0; over = total(widths) - width) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    const next = Math.max(NARROWEST, ...widths.filter((one) => one < widest));
    widths[widths.indexOf(widest)] = Math.max(next === widest ? NARROWEST : next, widest - over);
  }
  return widths;
};
const total = (widths: readonly number[]): number => widths.reduce((sum, one) => sum + one + FRAME, 1);

/** A word that is longer than a line goes on in the next one; characters beyond ASCII may be two columns wide. */
const broken = (text: string, width: number): string =>
  text.replace(/\S+/gu, (word) => {
    const size = /^[\x21-\x7e]+$/.test(word) ? width : Math.floor(width / 2);
    return word.length <= size ? word : (word.match(new RegExp(`.{1,${size}}`, 'gu')) ?? []).join('\n');
  });

/**
 * Prints a table; numbers to the right. Where it would be wider than `width`, the longest cells go on in more lines.
 * @param width by default that of the terminal; what is piped on has none
 */
export const printTable = (
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
  width = terminal().stdout.columns,
): void => {
  const numeric = head.map(
    (_, column) =>
      rows.length > 0 &&
      rows.every(
        (row) => typeof row[column] === 'number' || /^([-\d.]*( [A-Z]{3})?(, )?)*$/.test(String(row[column] ?? '')),
      ),
  );
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '' : visible(String(cell)))));
  const natural = head.map((_, column) =>
    Math.max(...[head, ...cells].flatMap((row) => row[column]!.split('\n').map((text) => text.length))),
  );
  const widths = width !== undefined && total(natural) > width ? fitted(natural, width) : undefined;
  const table = new Table({
    head: [...head],
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    ...(widths && { colWidths: widths.map((one) => one + 2), wordWrap: true }),
  });
  for (const row of cells) table.push(row.map((cell, column) => (widths ? broken(cell, widths[column]!) : cell)));
  line(table.toString());
};

/** A report's key: null is what nobody stated, an empty text is a value of its own. */
export const key = (value: string | null): string =>
  value === null ? '(not stated)' : value === '' ? '(blank)' : value;
/** Amounts side by side, `12.00 EUR, 3.50 USD`; none is empty. */
export const money = (amounts: readonly MoneySum[] | null | undefined): string =>
  (amounts ?? []).map(formatMoney).join(', ');
export const fixed = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? '' : value.toFixed(digits);

/** Tells a failure on standard error, `code: what to do`, and sets the exit code: 1, or 2 for a fault of ours. */
export const fail = (error: Error): void => {
  // What commander itself says (an unknown option, the help) is printed by it already.
  const printed = 'exitCode' in error;
  const { sentence, exitCode } = endingOf(error);
  if (!printed) warn(sentence);
  terminal().exitCode = printed ? Number(error.exitCode) : exitCode;
};

const PLAIN_LINE_MS = 2_000;

/** Progress on standard error: a bar on a terminal, otherwise a plain line now and then. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private told = Date.now();

  constructor(
    private readonly what: string,
    private total?: number,
  ) {
    const { stderr } = terminal();
    if (!stderr.isTTY) return;
    this.bar = new SingleBar({ format: `${what} {bar} {value}/{total} {eta_formatted}`, stream: stderr });
    this.bar.start(total ?? 0, 0);
  }

  at(value: number, total = this.total): void {
    this.total = total;
    if (this.bar) {
      this.bar.setTotal(total ?? value);
      this.bar.update(value);
    } else if (Date.now() - this.told > PLAIN_LINE_MS) {
      this.told = Date.now();
      warn(`${this.what}: ${value}${total ? ` of ${total}` : ''}`);
    }
  }

  done(): void {
    this.bar?.stop();
  }
}
