import { Decimal } from 'decimal.js';
import { LRUCache } from 'lru-cache';
import { DateTime } from 'luxon';
import {
  FIRST_DAY,
  fromMs,
  LAST_DAY,
  LONGEST_OFFSET_MINUTES,
  isBlank,
  isCurrency,
  minorDigits,
  moneyOf,
  Refused,
  startOfDay,
  tidy,
  withoutInvisibleMarks,
  type Instant,
  type Json,
  type Money,
} from '@baton/kernel';
import {
  columnsOf,
  columnsOfTemplate,
  hasOffset,
  hasTimeOfDay,
  markerTest,
  operandsOf,
  type Arithmetic,
  type ColumnValue,
  type Condition,
  type Operator,
  type Value,
} from './mapping';

/** Cells of a row by column. */
export type Cells = (column: string) => string;
/** Finds a stream by an e-mail address or external id; undefined if there is none. */
export type Lookup = (kind: 'lead', by: 'externalId' | 'email', value: string) => Promise<string | undefined>;

/** Refuses without the content of the cell: reports contain no personal data. The path is the column. */
const valueFault = (code: string, message: string, column: string): Refused =>
  new Refused(`import/${code}`, message, column);

/** Whether a row meets a condition. Cells are compared without surrounding white space and invisible characters. */
export const meetsCondition = (condition: Condition, cells: Cells): boolean => {
  if ('not' in condition) return !meetsCondition(condition.not, cells);
  if ('all' in condition) return condition.all.every((each) => meetsCondition(each, cells));
  if ('any' in condition) return condition.any.some((each) => meetsCondition(each, cells));
  const cell = tidy(cells(condition.column));
  if (condition.blank !== undefined) return (cell === '') === condition.blank;
  return (condition.in ?? [condition.equals!]).some((each) => tidy(each) === cell);
};

/**
 * The value of a field in one row; undefined if absent.
 * @throws Refused `import/…` with the column as its path, never with the content of the cell
 */
export const evaluateValue = async (value: Value, cells: Cells, lookup: Lookup): Promise<Json | undefined> => {
  if (typeof value !== 'object') return value;
  if ('constant' in value) return value.constant;
  if ('column' in value) return fromCell(value, cells);
  if ('template' in value) {
    const absent = columnsOfTemplate(value.template).some((column) => isBlank(cells(column)));
    if (absent && !value.keepBlank) return undefined;
    return value.template.replace(/\{([^{}]+)\}/g, (_, column: string) => cells(column));
  }
  if (!('lookup' in value)) return calculatedValue(value, cells);
  const by = value.externalId === undefined ? 'email' : 'externalId';
  const wanted = await evaluateValue(value[by]!, cells, lookup);
  if (wanted === undefined) return undefined;
  const found = await lookup(value.lookup, by, String(wanted));
  if (found === undefined)
    throw valueFault(
      'lead-not-found',
      `There is no lead with this ${by}; import the lead first.`,
      columnsOf(value)[0] ?? '',
    );
  return found;
};

/** The text of a cell, or its default; undefined if blank. */
const textOf = ({ column, blank, default: instead }: ColumnValue, cells: Cells): string | undefined => {
  const text = cells(column);
  if (!isBlank(text) && !(blank && markerTest(blank)(text))) return text;
  return instead === undefined ? undefined : String(instead);
};

const fromCell = (value: ColumnValue, cells: Cells): Json | undefined => {
  const { column, keepBlank, trim, lower, map, otherwise } = value;
  let text = textOf(keepBlank ? { ...value, default: undefined } : value, cells);
  if (text === undefined) return keepBlank ? '' : undefined;
  if (trim) text = withoutInvisibleMarks(text);
  if (lower) text = text.toLowerCase();
  if (map) {
    for (const spelling of [text, tidy(text)]) if (Object.hasOwn(map, spelling)) return map[spelling]!;
    if (otherwise !== undefined) return otherwise;
    throw valueFault('not-in-table', 'The map has no entry for this value; add one, or set otherwise.', column);
  }
  if (value.date !== undefined) return dateOf(withoutInvisibleMarks(text), value);
  const numeric = value.money !== undefined || value.as === 'integer' || value.as === 'number';
  return numeric ? convertNumber(numberIn(text, value), value, cells, column) : text;
};

/** Local time as a wall clock shows it, for comparison. */
const wallClockText = (time: DateTime): string => time.toFormat("yyyy-MM-dd'T'HH:mm:ss.SSS");

const parsers = new Map<string, ReturnType<typeof DateTime.buildFormatParser>>();
/** The date must be complete: luxon would take today for a time without a date, and complete a year. */
const isoDate = /^\d{4}(-\d{2}-\d{2}|\d{4})(T|$)/i;
/** @param zone zone of a text without an offset, and of the result; without it, the offset of the text is kept */
const parseDate = (text: string, format: string, zone: string | undefined): DateTime => {
  const how = zone === undefined ? { setZone: true } : { zone };
  if (format === 'iso') return isoDate.test(text) ? DateTime.fromISO(text, how) : DateTime.invalid('no date');
  let parser = parsers.get(format);
  if (!parser) parsers.set(format, (parser = DateTime.buildFormatParser(format, { locale: 'en-US' })));
  return DateTime.fromFormatParser(text, parser, { ...how, locale: 'en-US' });
};

/** Dates repeat within a file and a row, so each text is parsed once. */
const dates = new LRUCache<string, Instant>({ maxSize: 10_000, sizeCalculation: () => 1 });
const dateOf = (text: string, value: ColumnValue): Instant => {
  const question = `${value.date}\n${value.zone}\n${value.as}\n${text}`;
  let answer = dates.get(question);
  if (answer === undefined) dates.set(question, (answer = readDate(text, value)));
  return answer;
};

/**
 * Reads a date strictly by its format. A day becomes its first instant in the zone. A time of day that the zone's
 * clocks skip or show twice is refused, because the instant is not known.
 */
const readDate = (text: string, { column, date: format = '', zone, as: type }: ColumnValue): Instant => {
  const plain = parseDate(text, format, 'UTC');
  if (!plain.isValid) throw valueFault('not-a-date', `The date must be written as ${format}.`, column);
  if (plain.year < Number(FIRST_DAY.slice(0, 4)) || plain.year > Number(LAST_DAY.slice(0, 4)))
    throw valueFault('not-a-date', `The date must be from ${FIRST_DAY} to ${LAST_DAY}.`, column);
  if (type === 'day') return plain.toFormat('yyyy-MM-dd');
  const ownOffset = format === 'iso' ? /T.*(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text) : hasOffset(format);
  if (ownOffset && Math.abs(parseDate(text, format, undefined).offset) > LONGEST_OFFSET_MINUTES)
    throw valueFault('not-a-date', 'The offset of the time must be at most 14 hours.', column);
  if (ownOffset || zone === 'UTC') return fromMs(plain.toMillis());
  if (!hasTimeOfDay(format) || (format === 'iso' && !text.includes('T')))
    return startOfDay(plain.toFormat('yyyy-MM-dd'), zone);
  const local = parseDate(text, format, zone!);
  const offsets = local.getPossibleOffsets();
  if (wallClockText(local) !== wallClockText(plain))
    throw valueFault('no-such-time', `This time does not exist in ${zone}: its clocks skipped it.`, column);
  if (offsets.length > 1)
    throw valueFault(
      'ambiguous-time',
      `This time is ambiguous in ${zone}: its clocks showed it twice. Give it with an offset.`,
      column,
    );
  return fromMs(local.toMillis());
};

const escaped = (sign: string): string => sign.replace(/[.]/g, '\\$&');

/** The decimal number in a text; groups of thousands must be complete and use one separator. */
const decimalIn = (text: string, value: ColumnValue): Decimal | undefined => {
  const { decimal = '.', thousands = [], negative } = value;
  const signs = [thousands].flat();
  let plain = withoutInvisibleMarks(text);
  const bracketed = negative === 'brackets' && /^\(.*\)$/.test(plain);
  const trailing = negative === 'trailing-minus' && plain.endsWith('-');
  if (bracketed) plain = plain.slice(1, -1).trim();
  if (trailing) plain = plain.slice(0, -1).trim();
  const groups = signs.map((sign) => `\\d{1,3}(?:${escaped(sign)}\\d{3})+`);
  const sign = bracketed || trailing ? '' : '[+-]?';
  if (!new RegExp(`^${sign}(?:${['\\d+', ...groups].join('|')})(?:${escaped(decimal)}\\d+)?$`).test(plain))
    return undefined;
  const number = new Decimal(signs.reduce((joined, each) => joined.replaceAll(each, ''), plain).replace(decimal, '.'));
  return bracketed || trailing ? number.neg() : number;
};

const numberIn = (text: string, value: ColumnValue): Decimal => {
  const number = decimalIn(text, value);
  if (number) return number;
  const [kind, code] =
    value.money !== undefined
      ? ['an amount', 'not-an-amount']
      : [value.as === 'integer' ? 'a whole number' : 'a number', 'not-a-number'];
  throw valueFault(
    code,
    `The value must be ${kind} with "${value.decimal ?? '.'}" as decimal separator.`,
    value.column,
  );
};

/** Digits kept of a quotient, far more than any amount has. */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_EVEN });
const calculate: Readonly<Record<Operator, (a: Decimal, b: Decimal) => Decimal>> = {
  add: (a, b) => a.plus(b),
  subtract: (a, b) => a.minus(b),
  multiply: (a, b) => a.times(b),
  divide: (a, b) => a.dividedBy(b),
};

/** @returns undefined if an operand is blank: the result is then unknown */
const resultOf = (value: Value, cells: Cells): Decimal | undefined => {
  if (typeof value === 'number') return new Exact(value);
  const { operator, operands } = operandsOf(value as Arithmetic) ?? {};
  if (!operator) return operandIn(value as ColumnValue, cells);
  const numbers = operands!.map((each) => resultOf(each, cells));
  if (numbers.includes(undefined)) return undefined;
  const divisor = operator === 'divide' && numbers[1]!.isZero();
  if (divisor) throw valueFault('divided-by-zero', 'The divisor is zero.', columnsOf(operands![1]!)[0] ?? '');
  return (numbers as Decimal[]).reduce(calculate[operator]);
};

const operandIn = (value: ColumnValue, cells: Cells): Decimal | undefined => {
  const found = value.map ? fromCell(value, cells) : textOf(value, cells);
  if (found === undefined) return undefined;
  if (typeof found === 'number') return new Exact(found);
  return new Exact(numberIn(String(found), { ...value, as: 'number' }));
};

const calculatedValue = (value: Arithmetic, cells: Cells): Json | undefined => {
  const number = resultOf(value, cells);
  return number && convertNumber(number, value, cells, columnsOf(value)[0] ?? '');
};

/** A number or an amount, as the mapping asks. */
const convertNumber = (
  number: Decimal,
  { as: type, money, round = false }: Pick<ColumnValue, 'as' | 'money' | 'round'>,
  cells: Cells,
  column: string,
): Json => {
  if (money !== undefined) return { ...amountOf(number, money, round, cells, column) };
  const answer = type === 'integer' && round ? number.toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN) : number;
  const fits =
    type === 'integer' ? Number.isSafeInteger(answer.toNumber()) && answer.isInteger() : answer.abs().lt(1e300);
  if (!fits)
    throw valueFault(
      'not-a-number',
      `The value must be ${type === 'integer' ? 'a whole number below 2^53' : 'a number below 1e300'}.`,
      column,
    );
  return answer.toNumber();
};

const amountOf = (
  number: Decimal,
  money: NonNullable<ColumnValue['money']>,
  round: boolean,
  cells: Cells,
  column: string,
): Money => {
  const currency = typeof money === 'object' ? withoutInvisibleMarks(cells(money.column)) : money;
  if (!isCurrency(currency))
    throw valueFault(
      'unknown-currency',
      'The currency must be an ISO 4217 code, such as USD.',
      typeof money === 'object' ? money.column : column,
    );
  const places = minorDigits(currency);
  const amount = round ? number.toDecimalPlaces(places, Decimal.ROUND_HALF_EVEN) : number;
  if (amount.decimalPlaces() > places)
    throw valueFault(
      'too-precise',
      `An amount in ${currency} can have at most ${places} decimal places; set round in the mapping to round it.`,
      column,
    );
  if (amount.abs().gte(1e19)) throw valueFault('not-an-amount', 'The amount is too large.', column);
  try {
    return moneyOf(amount.toFixed(), currency);
  } catch {
    throw valueFault('not-an-amount', 'The amount is too large.', column);
  }
};
