import { Decimal } from 'decimal.js';
import { LRUCache } from 'lru-cache';
import { DateTime } from 'luxon';
import {
  FIRST_DAY,
  fromMs,
  LAST_DAY,
  LONGEST_OFFSET_MINUTES,
  moneyOf,
  Refused,
  startOfDay,
  type Instant,
  type Json,
  type Money,
} from '@baton/kernel';
import { columnsOfTemplate, hasOffset, hasTimeOfDay, type ColumnValue, type Condition, type Value } from './mapping';

/** A row's cells by column. */
export type Cells = (column: string) => string;
/** Finds a stream by what a person or a foreign system calls it; undefined: there is none. */
export type Lookup = (kind: 'lead', by: 'externalId' | 'email', value: string) => Promise<string | undefined>;

const isBlank = (cell: string): boolean => cell.trim() === '';
/** Says no without the cell's content: reports hold no personal data. The path is the column. */
const no = (code: string, message: string, column: string): Refused => new Refused(`import/${code}`, message, column);

/** Does a row meet a condition? Cells are compared without white space around them. */
export const holds = (condition: Condition, cells: Cells): boolean => {
  if ('not' in condition) return !holds(condition.not, cells);
  if ('all' in condition) return condition.all.every((each) => holds(each, cells));
  if ('any' in condition) return condition.any.some((each) => holds(each, cells));
  const cell = cells(condition.column).trim();
  if (condition.blank !== undefined) return (cell === '') === condition.blank;
  return condition.in ? condition.in.includes(cell) : cell === condition.equals;
};

/**
 * The value of a field in one row; undefined: absent.
 * @throws Refused `import/…` with the column as its path, never with the cell's content
 */
export const evaluate = async (value: Value, cells: Cells, lookup: Lookup): Promise<Json | undefined> => {
  if (typeof value !== 'object') return value;
  if ('constant' in value) return value.constant;
  if ('column' in value) return fromCell(value, cells);
  if ('template' in value) {
    const absent = columnsOfTemplate(value.template).some((column) => isBlank(cells(column)));
    if (absent && !value.keepBlank) return undefined;
    return value.template.replace(/\{([^{}]+)\}/g, (_, column: string) => cells(column));
  }
  const by = value.externalId === undefined ? 'email' : 'externalId';
  const wanted = await evaluate(value[by]!, cells, lookup);
  if (wanted === undefined) return undefined;
  const found = await lookup(value.lookup, by, String(wanted));
  if (found === undefined) throw no('lead-not-found', `No lead has this ${by}.`, firstColumnOf(value[by]!));
  return found;
};

const firstColumnOf = (value: Value): string => {
  if (typeof value !== 'object') return '';
  if ('column' in value) return value.column;
  return 'template' in value ? (columnsOfTemplate(value.template)[0] ?? '') : '';
};

const fromCell = (value: ColumnValue, cells: Cells): Json | undefined => {
  const { column, keepBlank, trim, lower, map, otherwise } = value;
  let text = cells(column);
  if (isBlank(text)) {
    if (keepBlank) return '';
    if (value.default === undefined) return undefined;
    text = String(value.default);
  }
  if (trim) text = text.trim();
  if (lower) text = text.toLowerCase();
  if (map) {
    if (Object.hasOwn(map, text)) return map[text]!;
    if (otherwise !== undefined) return otherwise;
    throw no('not-in-table', 'The mapping has no entry for this value.', column);
  }
  if (value.date !== undefined) return dateOf(text.trim(), value);
  if (value.money !== undefined) return { ...amountOf(text, value, cells) };
  if (value.as === 'integer' || value.as === 'number') return numberOf(text, value);
  return text;
};

/** A local time as the clock on the wall shows it, for comparison. */
const wall = (time: DateTime): string => time.toFormat("yyyy-MM-dd'T'HH:mm:ss.SSS");

const parsers = new Map<string, ReturnType<typeof DateTime.buildFormatParser>>();
/** A whole date: of a mere time of day the library would make today's, and of a number a year or a day of one. */
const isoDate = /^\d{4}(-\d{2}-\d{2}|\d{4})(T|$)/i;
/** @param zone that a text without an offset is of, and the answer; without it the text's own offset is kept */
const read = (text: string, format: string, zone: string | undefined): DateTime => {
  const how = zone === undefined ? { setZone: true } : { zone };
  if (format === 'iso') return isoDate.test(text) ? DateTime.fromISO(text, how) : DateTime.invalid('no date');
  let parser = parsers.get(format);
  if (!parser) parsers.set(format, (parser = DateTime.buildFormatParser(format, { locale: 'en-US' })));
  return DateTime.fromFormatParser(text, parser, { ...how, locale: 'en-US' });
};

/** Dates repeat within a file, and within a row: what a text means is worked out once. */
const dates = new LRUCache<string, Instant>({ max: 10_000 });
const dateOf = (text: string, value: ColumnValue): Instant => {
  const question = `${value.date}\n${value.zone}\n${value.as}\n${text}`;
  let answer = dates.get(question);
  if (answer === undefined) dates.set(question, (answer = readDate(text, value)));
  return answer;
};

/**
 * Reads a date strictly by its format. A day becomes the first instant of that day in the zone; a time of day that the
 * zone's clocks skipped or showed twice is refused, since nobody can say which instant was meant.
 */
const readDate = (text: string, { column, date: format = '', zone, as: type }: ColumnValue): Instant => {
  const plain = read(text, format, 'UTC');
  if (!plain.isValid) throw no('not-a-date', `Expected a date written as ${format}.`, column);
  if (plain.year < Number(FIRST_DAY.slice(0, 4)) || plain.year > Number(LAST_DAY.slice(0, 4)))
    throw no('not-a-date', `Expected a date from ${FIRST_DAY} to ${LAST_DAY}.`, column);
  if (type === 'day') return plain.toFormat('yyyy-MM-dd');
  const ownOffset = format === 'iso' ? /T.*(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text) : hasOffset(format);
  if (ownOffset && Math.abs(read(text, format, undefined).offset) > LONGEST_OFFSET_MINUTES)
    throw no('not-a-date', 'Expected an offset of at most 14 hours.', column);
  if (ownOffset || zone === 'UTC') return fromMs(plain.toMillis());
  if (!hasTimeOfDay(format) || (format === 'iso' && !text.includes('T')))
    return startOfDay(plain.toFormat('yyyy-MM-dd'), zone);
  const local = read(text, format, zone!);
  const offsets = local.getPossibleOffsets();
  if (wall(local) !== wall(plain)) throw no('no-such-time', `The clocks of ${zone} skipped this time.`, column);
  if (offsets.length > 1) throw no('ambiguous-time', `The clocks of ${zone} showed this time twice.`, column);
  return fromMs(local.toMillis());
};

/** The plain decimal ("-1234.5") of a number as people write it; groups of thousands must be whole. */
const plainOf = (text: string, { decimal = '.', thousands }: ColumnValue): string | undefined => {
  const escape = (sign: string) => sign.replace('.', '\\.');
  const whole = thousands === undefined ? '\\d+' : `(?:\\d+|\\d{1,3}(?:${escape(thousands)}\\d{3})+)`;
  const trimmed = text.trim();
  if (!new RegExp(`^[+-]?${whole}(?:${escape(decimal)}\\d+)?$`).test(trimmed)) return undefined;
  const joined = thousands === undefined ? trimmed : trimmed.replaceAll(thousands, '');
  return joined.replace(decimal, '.').replace(/^\+/, '');
};

const numberOf = (text: string, value: ColumnValue): number => {
  const plain = plainOf(text, value);
  const number = plain === undefined ? NaN : new Decimal(plain).toNumber();
  const fits = value.as === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number);
  if (!fits) {
    const kind = value.as === 'integer' ? 'a whole number' : 'a number';
    throw no('not-a-number', `Expected ${kind} with "${value.decimal ?? '.'}" as decimal sign.`, value.column);
  }
  return number;
};

const amountOf = (text: string, value: ColumnValue, cells: Cells): Money => {
  const { column, money, decimal = '.' } = value;
  const currency = typeof money === 'object' ? cells(money.column).trim() : money!;
  const plain = plainOf(text, value);
  if (plain === undefined) throw no('not-an-amount', `Expected an amount with "${decimal}" as decimal sign.`, column);
  try {
    return moneyOf(plain, currency);
  } catch (error) {
    const code = error instanceof Refused ? error.code : '';
    if (code === 'money/unknown-currency')
      throw no('unknown-currency', 'No ISO 4217 currency.', typeof money === 'object' ? money.column : column);
    if (code === 'money/too-precise') throw no('too-precise', 'More decimal places than the currency has.', column);
    throw no('not-an-amount', 'The amount is too large.', column);
  }
};
