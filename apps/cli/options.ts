import {
  boundOf,
  boundsOf,
  dayOf,
  enumeration,
  field,
  instantOf,
  isCurrency,
  moneyOf,
  Refused,
  unknownCurrency,
  type Enumeration,
  type Field,
  type FieldKind,
  type Fields,
  type Json,
  type PeriodArgs,
} from '@baton/kernel';
import { checkArguments, defaultsOf } from '@baton/platform/arguments';
import { didYouMean, parseDecimal, parseListOf, parseOneOf, parseWholeNumber, readJsonFile } from './arguments';

/** What an option of the command line is: made of one declared argument, or of all filters. */
export interface CliOption {
  /** `--by <word>`. */
  readonly flags: string;
  /** `by`. */
  readonly long: string;
  readonly help: string;
  readonly required: boolean;
  /** @throws Refused with the long name as its path */
  readonly parse: (text: string, before: unknown) => unknown;
}

/** The options that every question about the past takes. */
export const cutOptions = {
  happenedBy: field.dayOrInstant('As of the end of this day, or an instant: ignores events that occurred later.', {
    optional: true,
  }),
  knownBy: field.dayOrInstant('As of the end of this day, or an instant: ignores events recorded later.', {
    optional: true,
  }),
  knownAt: field.text('Ignores events after this position of the log.', { optional: true, max: 100 }),
  timeZone: field.zone('IANA time zone of days; UTC by default.'),
} as const;
export const jsonOption = { json: field.flag('Print the result as JSON.', { optional: true }) } as const;

/** An enumeration of names that say themselves what they mean. */
export const namesEnumeration = <V extends string>(
  name: string,
  description: string,
  words: readonly V[],
): Enumeration<V> =>
  enumeration(name, description, Object.fromEntries(words.map((word) => [word, word])) as unknown as Record<V, string>);

/** `timeZone` is `time-zone` on the command line. */
export const kebabOf = (name: string): string => name.replaceAll(/([A-Z])/g, '-$1').toLowerCase();

const isFilter = ({ kind }: Field): boolean => kind === 'filter';

const placeholders: Readonly<Partial<Record<FieldKind, string>>> = {
  ...{ id: 'id', enum: 'word', integer: 'number', largeInteger: 'number', number: 'number', instant: 'instant' },
  ...{ day: 'day', dayOrInstant: 'day', currency: 'code', money: 'amount', json: 'file', object: 'file.json' },
};
type Parse = (text: string, option: string, field: Field) => unknown;
const whole: Parse = (text, option, { options: { min, max } }) => parseWholeNumber(text, option, min, max);
const parsers: Readonly<Partial<Record<FieldKind, Parse>>> = {
  enum: (text, option, { enumeration }) => parseOneOf(text, enumeration!.values, option),
  integer: whole,
  largeInteger: whole,
  number: (text, option, { options: { min = 0, max = 1e10 } }) => parseDecimal(text, option, min, max),
  instant: (text, option) => instantOf(text, option),
  day: (text, option) => dayOf(text, option),
  // It is kept as written, because the zone may be given by a later option.
  dayOrInstant: (text, option) => (boundOf(text, 'UTC', option), text),
  currency: (text, option) => {
    if (!isCurrency(text)) throw unknownCurrency(text, option);
    return text;
  },
  money: (text, option) => {
    const [amount = '', currency = ''] = text.trim().split(/\s+/);
    return moneyOf(amount, currency, option);
  },
  // A version is named where a body can be given.
  json: (text, option) => (/^[a-z-]+@\d+$/.test(text) ? text : readJsonFile(text, option)),
  object: (text, option, { object }) => objectOf(object!.fields, readJsonFile(text, option), option),
};
const parseText: Parse = (text, option, { options: { check } }) => {
  check?.(text, option);
  return text;
};

const badArgument = (option: string, what: string) => new Refused('cli/bad-argument', `${option} ${what}.`, option);

/** What a JSON file must hold for the fields of an object. @throws Refused with the path within the file */
const objectOf = (fields: Fields, json: Json, path: string): Readonly<Record<string, unknown>> => {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw badArgument(path, 'must be an object');
  for (const name of Object.keys(json)) if (!Object.hasOwn(fields, name)) parseOneOf(name, Object.keys(fields), path);
  const missing = Object.keys(fields).find((name) => !fields[name]!.options.optional && !(name in json));
  if (missing !== undefined) throw badArgument(path, `must have ${missing}`);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, valueOf(fields[name]!, value, `${path}.${name}`)]),
  );
};
const valueOf = (field: Field, json: Json, path: string): unknown => {
  const { kind, options, object } = field;
  if (options.list && !Array.isArray(json)) throw badArgument(path, 'must be a list');
  if (options.list) return (json as readonly Json[]).map((one) => valueOf({ ...field, options: {} }, one, path));
  if (object) return objectOf(object.fields, json, path);
  if (kind === 'json') return json;
  const type = kind === 'flag' ? 'boolean' : ['integer', 'number'].includes(kind) ? 'number' : 'string';
  if (typeof json !== type) throw badArgument(path, `must be a ${type}`);
  return type === 'string' ? (parsers[kind] ?? parseText)(json as string, path, field) : json;
};

const helpOf = ({ enumeration, options, kind }: Field): string => {
  const { list, default: value, min, max } = options;
  const several = list ? '; or several, separated by commas' : '';
  return [
    enumeration ? `${enumeration.values.join(', ')}${several}.` : list ? 'Several are separated by commas.' : '',
    min !== undefined && max !== undefined && kind !== 'text' ? `From ${min} to ${max}.` : '',
    value === undefined || typeof value === 'boolean' ? '' : `Default: ${[value].flat().join(', ')}.`,
  ]
    .filter((text) => text !== '')
    .join(' ');
};

const optionOf = (name: string, field: Field): CliOption => {
  const { kind, options, description } = field;
  const { list, optional, default: value } = options;
  const long = kebabOf(name);
  const help = [description, helpOf(field)].filter((text) => text !== '').join(' ');
  const required = !optional && !options.nullable && value === undefined;
  if (kind === 'flag')
    return value === true
      ? { flags: `--no-${long}`, long: `no-${long}`, help, required: false, parse: () => false }
      : { flags: `--${long}`, long, help, required: false, parse: () => true };
  const parse = parsers[kind] ?? parseText;
  const one = (text: string) => parse(text, long, field);
  return {
    flags: `--${long} <${placeholders[kind] ?? 'text'}${list ? 's' : ''}>`,
    ...{ long, help, required },
    parse: !list
      ? one
      : (text) => (field.enumeration ? parseListOf(text, field.enumeration.values, long) : text.split(',').map(one)),
  };
};

/** How the filter by one field is read. */
export interface FilterReader {
  /** @throws Refused with the field as its path */
  readonly read: (text: string) => unknown;
  /** Whether rows can be without a value. */
  readonly mayLack: boolean;
}
export type FilterReaders = Readonly<Record<string, FilterReader>>;

/** The options `--filter` and `--none` for some fields. */
export const filterOptions = (readers: FilterReaders): readonly CliOption[] => {
  const names = Object.keys(readers);
  return [
    {
      ...{ flags: '--filter <field=values>', long: 'filter', required: false },
      help: `Only rows with these values, ${names[0]}=ann,bob. Repeatable. Fields: ${names.join(', ')}.`,
      parse: (text, before = {}) => ({ ...(before as object), ...filterOf(text, readers, before as object) }),
    },
    {
      ...{ flags: '--none <field>', long: 'none', required: false },
      help: 'Only rows without a value in this field, or together with --filter also those. Repeatable.',
      parse: (text, before = []) => [...(before as readonly string[]), knownFilter(text, names)],
    },
  ];
};
const readersIn = (fields: Fields): FilterReaders =>
  Object.fromEntries(
    Object.keys(fields)
      .filter((name) => isFilter(fields[name]!))
      .map((name) => [name, { read: (text: string) => ({ in: text.split(',') }), mayLack: true }]),
  );

/** @throws Refused `cli/unknown-filter` with the nearest name */
export const knownFilter = (name: string, known: readonly string[]): string => {
  if (known.includes(name)) return name;
  throw new Refused(
    'cli/unknown-filter',
    `There is no filter by ${name}; the filters are: ${known.join(', ')}.${didYouMean(name, known)}`,
    name,
  );
};
/** `owner=ann,bob` @throws Refused `cli/bad-argument`, `cli/unknown-filter` */
const filterOf = (text: string, readers: FilterReaders, before: object): Record<string, unknown> => {
  const at = text.indexOf('=');
  if (at < 1)
    throw new Refused('cli/bad-argument', '--filter must be a field and its values, such as owner=ann,bob.', 'filter');
  const name = knownFilter(text.slice(0, at), Object.keys(readers));
  if (name in before)
    throw new Refused('cli/bad-argument', `--filter ${name} is given twice; separate its values by commas.`, name);
  return { [name]: readers[name]!.read(text.slice(at + 1)) };
};

/** The options of declared arguments. */
export const optionsOf = (fields: Fields): readonly CliOption[] => {
  const readers = readersIn(fields);
  return [
    ...Object.entries(fields).flatMap(([name, field]) => (isFilter(field) ? [] : [optionOf(name, field)])),
    ...(Object.keys(readers).length > 0 ? filterOptions(readers) : []),
  ];
};

interface Given extends Readonly<Record<string, unknown>> {
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly none?: readonly string[];
}
/** The filters that `--filter` and `--none` ask for, by field. @throws Refused `cli/bad-argument` */
export const filtersOf = (readers: FilterReaders, { filter = {}, none = [] }: Given): Record<string, unknown> => {
  const full = none.find((name) => !readers[name]!.mayLack);
  if (full !== undefined)
    throw new Refused('cli/bad-argument', `Every row has a value in ${full}; leave --none ${full} out.`, full);
  return { ...filter, ...Object.fromEntries(none.map((name) => [name, { ...(filter[name] as object), none: true }])) };
};

/**
 * The arguments as declared, with their defaults, from the options of a command line.
 * @throws Refused as `boundsOf` and `checkArguments`
 */
export const questionOf = (fields: Fields, given: Given): Record<string, unknown> => {
  const own = Object.entries(given).filter(([name, value]) => name in fields && value !== undefined);
  const question = {
    ...{ ...defaultsOf(fields), ...Object.fromEntries(own) },
    ...filtersOf(readersIn(fields), given),
  };
  if ([fields['from'], fields['to']].every((end) => end?.kind === 'dayOrInstant')) boundsOf(given as PeriodArgs);
  checkArguments(fields, question);
  return question;
};

/** A line of options that shows how they are used: the required ones, and one or two others. */
export const exampleOf = (fields: Fields): string => {
  const sample = (name: string, field: Field): string | undefined => {
    const { kind, enumeration, options } = field;
    if (enumeration) return enumeration.values.slice(0, options.list ? 2 : 1).join(',');
    if (kind === 'dayOrInstant' || kind === 'day') return '2024-01-01';
    if (kind === 'id') return '7f3c';
    if (kind === 'object') return `${kebabOf(name)}.json`;
    if (kind === 'integer') return String(options.min ?? 1);
    return kind === 'text' && !options.optional ? '"…"' : undefined;
  };
  const written = Object.entries(fields).flatMap(([name, field]) => {
    const { optional, default: value } = field.options;
    const text = sample(name, field);
    if (text === undefined || field.kind === 'object')
      return optional ? [] : [{ needed: true, line: `--${kebabOf(name)} ${text}` }];
    return [{ needed: !optional && value === undefined, line: `--${kebabOf(name)} ${text}` }];
  });
  const others = written.filter(({ needed, line }) => !needed && /^--(by|from|models?) /.test(line)).slice(0, 2);
  return [...written.filter(({ needed }) => needed), ...others].map(({ line }) => line).join(' ');
};
