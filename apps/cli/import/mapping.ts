import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { IANAZone } from 'luxon';
import {
  faultFinder,
  wordKey,
  oneOf,
  Refused,
  type Commands,
  type CommandSchema,
  type Fault,
  type Json,
} from '@baton/kernel';
import { nearestName } from '../arguments';

/**
 * The import mapping: how rows of a CSV file become commands. `examples/mappings/README.md` is its manual. The value of
 * a field is a constant or one of the objects below; a condition is a tree of tests on cells.
 */
const strictObject = <F extends Record<string, TSchema>>(fields: F) =>
  Type.Object(fields, { additionalProperties: false });
const name = () => Type.String({ minLength: 1 });
const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
const untyped = Type.Unknown();

const markers = () => Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true });
const currency = Type.Union([Type.String({ format: 'currency' }), strictObject({ column: name() })]);
const SEPARATORS = [',', '.', ' ', '\u00a0', '\u202f', '\u2009', "'", '\u2019'] as const;
const separator = oneOf(SEPARATORS);

const columnValue = strictObject({
  column: name(),
  blank: Type.Optional(markers()),
  default: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  keepBlank: Type.Optional(Type.Boolean()),
  trim: Type.Optional(Type.Boolean()),
  lower: Type.Optional(Type.Boolean()),
  map: Type.Optional(Type.Record(Type.String(), scalar)),
  otherwise: Type.Optional(scalar),
  date: Type.Optional(name()),
  zone: Type.Optional(name()),
  as: Type.Optional(oneOf(['instant', 'day', 'integer', 'number'])),
  money: Type.Optional(currency),
  decimal: Type.Optional(oneOf(['.', ','])),
  thousands: Type.Optional(Type.Union([separator, Type.Array(separator, { minItems: 1, uniqueItems: true })])),
  negative: Type.Optional(oneOf(['brackets', 'trailing-minus'])),
  round: Type.Optional(Type.Boolean()),
});
/** The arithmetic operations, and how many operands each takes. */
export const operators = { add: [2, 20], subtract: [2, 2], multiply: [2, 20], divide: [2, 2] } as const;
export type Operator = keyof typeof operators;
const arithmeticOf = (operator: Operator) => {
  const [minItems, maxItems] = operators[operator];
  return strictObject({
    [operator]: Type.Array(untyped, { minItems, maxItems }),
    as: Type.Optional(oneOf(['integer', 'number'])),
    money: Type.Optional(currency),
    round: Type.Optional(Type.Boolean()),
  });
};
const templateValue = strictObject({ template: name(), keepBlank: Type.Optional(Type.Boolean()) });
const constantValue = strictObject({ constant: untyped });
const lookupValue = strictObject({
  lookup: Type.Literal('lead'),
  externalId: Type.Optional(untyped),
  email: Type.Optional(untyped),
});
const commandShape = strictObject({
  command: name(),
  to: name(),
  when: Type.Optional(untyped),
  occurredAt: Type.Optional(untyped),
  data: Type.Record(Type.String(), untyped),
  onRefused: Type.Optional(Type.Record(Type.String({ pattern: '/' }), Type.Literal('continue'))),
});
const mappingShape = strictObject({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
    requirement: 'a name of 1 to 100 letters, digits and . _ - that begins with a letter or digit',
  }),
  delimiter: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1, pattern: '[^"\\r\\n]', requirement: 'one character other than a quote' }),
  ),
  encoding: Type.Optional(oneOf(['utf-8', 'latin1', 'windows-1252'])),
  blank: Type.Optional(markers()),
  key: Type.Optional(Type.Array(name(), { minItems: 1, uniqueItems: true })),
  commands: Type.Array(commandShape, { minItems: 1, maxItems: 50 }),
});
const cellTest = strictObject({
  column: name(),
  equals: Type.Optional(Type.String()),
  in: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  blank: Type.Optional(Type.Boolean()),
});

/** A cell, as text or read as a date, number, amount, or key of a map. */
export type ColumnValue = Static<typeof columnValue>;
/** Exact arithmetic; the result is a number or an amount. */
export type Arithmetic = { readonly [O in Operator]?: readonly Value[] } & Pick<ColumnValue, 'as' | 'money' | 'round'>;
export type Value =
  | string
  | number
  | boolean
  | ColumnValue
  | Arithmetic
  | Static<typeof templateValue>
  | { readonly constant: Json }
  | { readonly lookup: 'lead'; readonly externalId?: Value; readonly email?: Value };
export type Condition =
  | Static<typeof cellTest>
  | { readonly not: Condition }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] };

/** One command per row; `to` names the aggregate it is sent to. */
export interface MappedCommand {
  readonly command: string;
  readonly to: string;
  readonly when?: Condition;
  readonly occurredAt?: Value;
  readonly data: Readonly<Record<string, Value>>;
  readonly onRefused?: Readonly<Record<string, 'continue'>>;
}
export interface Mapping {
  readonly name: string;
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'latin1' | 'windows-1252';
  /** Texts that mean "no value", such as `N/A`: a cell with one counts as blank. */
  readonly blank: readonly string[];
  /** Columns that identify the record of a row; empty: the whole row does. */
  readonly key: readonly string[];
  readonly commands: readonly MappedCommand[];
  /** Every column that the mapping reads, in order of appearance. */
  readonly columns: readonly string[];
  /** The identifying ones: those of the key, and of fields and lookups that hold an id. */
  readonly idColumns: readonly string[];
}
/** The commands that an import may send, by aggregate (the name used in `to`). */
export type Aggregates = Readonly<Record<string, Commands>>;

/** A command without a role is only sent by Baton itself: sent from a file, it would be forged. */
export const sendableOf = ({ schemas }: Commands): readonly CommandSchema[] =>
  [...schemas.values()].filter(({ allow }) => allow.length > 0);

const fault = (path: string, message: string): Refused => new Refused('import/invalid-mapping', message, path);
const join = (path: string, more: string) => [path, more].filter(Boolean).join('.');
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const checker = (shape: TObject) => {
  const find: (value: unknown) => Fault | undefined = faultFinder(shape);
  return (value: unknown, path: string) => {
    const found = find(value);
    // A path is a JSON pointer, so a slash within a name is written ~1.
    if (found) throw fault(join(path, found.path.replaceAll('~1', '/').replaceAll('~0', '~')), found.message);
  };
};
const checkMapping = checker(mappingShape);
const checkCell = checker(cellTest);
const checkColumn = checker(columnValue);
const kinds: Readonly<Record<string, (value: unknown, path: string) => void>> = {
  column: checkColumn,
  template: checker(templateValue),
  constant: checker(constantValue),
  lookup: checker(lookupValue),
  ...Object.fromEntries(Object.keys(operators).map((each) => [each, checker(arithmeticOf(each as Operator))])),
};

/** @returns the operands, if the value is arithmetic */
export const operandsOf = (value: object): { operator: Operator; operands: readonly Value[] } | undefined => {
  const operator = (Object.keys(operators) as Operator[]).find((each) => each in value);
  return operator && { operator, operands: (value as Arithmetic)[operator]! };
};

/** Makes a test for the blank markers, ignoring case and surrounding white space. */
export const markerTest = (markers: readonly string[]): ((text: string) => boolean) => {
  const known = new Set(markers.map(wordKey));
  return (text) => known.size > 0 && known.has(wordKey(text));
};

/** The columns that a template names in braces. */
export const columnsOfTemplate = (template: string): string[] =>
  [...template.matchAll(/\{([^{}]+)\}/g)].map(([, column]) => column!);

/** @returns the columns that the value reads */
export const columnsOf = (value: Value): readonly string[] => {
  if (typeof value !== 'object') return [];
  if ('template' in value) return columnsOfTemplate(value.template);
  if ('lookup' in value)
    return [value.externalId, value.email].flatMap((by) => (by === undefined ? [] : columnsOf(by)));
  const currencies = 'money' in value && typeof value.money === 'object' ? [value.money.column] : [];
  if ('column' in value) return [value.column, ...currencies];
  return [...(operandsOf(value)?.operands ?? []).flatMap(columnsOf), ...currencies];
};
const idColumnsOf = (field: string, value: Value): readonly string[] => {
  if (typeof value === 'object' && 'lookup' in value)
    return value.externalId === undefined ? [] : columnsOf(value.externalId);
  return /(^id|Id|Ids)$/.test(field) ? columnsOf(value) : [];
};
/** The tests on cells in a condition. */
const testsOf = (condition: Condition): readonly Static<typeof cellTest>[] => {
  if ('not' in condition) return testsOf(condition.not);
  if ('all' in condition) return condition.all.flatMap(testsOf);
  if ('any' in condition) return condition.any.flatMap(testsOf);
  return [condition];
};

/** Whether a luxon format contains a time of day. Text in quotes is literal. */
export const hasTimeOfDay = (format: string): boolean =>
  format === 'iso' || /[HhmsSutTfFxX]/.test(format.replace(/'[^']*'/g, ''));
/** Whether a luxon format contains an offset or counts from the epoch, so that no zone is needed. */
export const hasOffset = (format: string): boolean => /[ZzxX]/.test(format.replace(/'[^']*'/g, ''));

const checkRounding = ({ as: type, money, round }: Pick<ColumnValue, 'as' | 'money' | 'round'>, path: string): void => {
  if (money !== undefined && type !== undefined)
    throw fault(join(path, 'as'), 'as cannot be combined with money; remove one of them.');
  if (round !== undefined && money === undefined && type !== 'integer')
    throw fault(join(path, 'round'), 'round needs money, or as: integer.');
};

const checkConversion = (value: ColumnValue, path: string): void => {
  const { date, zone, as: type, money, decimal = '.', thousands = [], map, otherwise } = value;
  const numeric = money !== undefined || type === 'integer' || type === 'number';
  if ([date, money, map].filter((part) => part !== undefined).length > 1 || (numeric && (date ?? map) !== undefined))
    throw fault(path, 'Use only one of date, money, map and a numeric as.');
  if ((type === 'instant' || type === 'day') && date === undefined)
    throw fault(join(path, 'date'), 'date is required: give the format of the column, such as yyyy-MM-dd.');
  if (date === undefined && zone !== undefined)
    throw fault(join(path, 'zone'), 'zone needs date; remove it, or add the date format.');
  if (zone !== undefined && !IANAZone.isValidZone(zone))
    throw fault(join(path, 'zone'), 'zone must be an IANA time zone, such as Europe/Berlin.');
  if (date !== undefined && type !== 'day' && zone === undefined && !hasOffset(date))
    throw fault(
      join(path, 'zone'),
      'zone is required because the date format has no offset; give an IANA time zone, such as UTC.',
    );
  if (!numeric)
    for (const entry of ['decimal', 'thousands', 'negative', 'round'] as const)
      if (value[entry] !== undefined) throw fault(join(path, entry), `${entry} needs money, or as: integer or number.`);
  if ([thousands].flat().includes(decimal)) throw fault(join(path, 'thousands'), 'thousands must differ from decimal.');
  checkRounding(value, path);
  if (otherwise !== undefined && map === undefined)
    throw fault(join(path, 'otherwise'), 'otherwise needs map; add a map, or remove otherwise.');
};

const checkValue = (value: unknown, path: string): void => {
  if (['string', 'number', 'boolean'].includes(typeof value)) return;
  const kind = isObject(value) ? Object.keys(kinds).find((key) => key in value) : undefined;
  if (!kind)
    throw fault(path, `A value must be a constant, or an object with one of ${Object.keys(kinds).join(', ')}.`);
  kinds[kind]!(value, path);
  const calculated = operandsOf(value as object);
  if (calculated) {
    checkRounding(value as Arithmetic, path);
    calculated.operands.forEach((each, index) => checkOperand(each, join(path, `${calculated.operator}.${index}`)));
  }
  if (kind === 'column') checkConversion(value as ColumnValue, path);
  if (kind === 'template' && /[{}]/.test((value as { template: string }).template.replace(/\{[^{}]+\}/g, '')))
    throw fault(join(path, 'template'), 'Braces in a template must enclose a column name, such as {id}.');
  if (kind === 'lookup') {
    const { externalId, email } = value as { externalId?: unknown; email?: unknown };
    if ((externalId === undefined) === (email === undefined))
      throw fault(path, 'lookup needs either externalId or email.');
    checkValue(externalId ?? email, join(path, externalId === undefined ? 'email' : 'externalId'));
  }
};

/** A number, a column read as one, or arithmetic. */
const checkOperand = (operand: Value, path: string): void => {
  if (typeof operand === 'number') return;
  if (typeof operand !== 'object' || !('column' in operand || operandsOf(operand)))
    throw fault(path, 'An operand must be a number, a column with numbers, or arithmetic.');
  const named = ['as', 'money', 'date', 'keepBlank', 'round'].find((entry) => entry in operand);
  if (named) throw fault(join(path, named), `An operand cannot have ${named}; move it to the outer value.`);
  // A column among the operands is read as a number; a map may give numbers, too.
  checkValue('column' in operand && !operand.map ? { ...operand, as: 'number' } : operand, path);
};

const checkCondition = (condition: unknown, path: string): void => {
  if (!isObject(condition)) throw fault(path, 'A condition must be an object with column, not, all or any.');
  const logic = ['not', 'all', 'any'].find((key) => key in condition);
  if (!logic) {
    checkCell(condition, path);
    if (['equals', 'in', 'blank'].filter((test) => test in condition).length !== 1)
      throw fault(path, 'A test of a column needs exactly one of equals, in and blank.');
    return;
  }
  if (Object.keys(condition).length > 1) throw fault(path, `An object with ${logic} can have no other field.`);
  const inner = condition[logic];
  if (logic === 'not') return checkCondition(inner, join(path, logic));
  if (!Array.isArray(inner) || inner.length === 0)
    throw fault(join(path, logic), `${logic} must list at least one condition.`);
  inner.forEach((each, index) => checkCondition(each, join(path, `${logic}.${index}`)));
};

/** A hint with the nearest known name, or all of them. */
const suggestion = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known);
  return nearest ? `did you mean ${nearest}?` : `use one of ${known.join(', ')}.`;
};

const checkValuesOf = (command: MappedCommand, path: string, blank: readonly string[]): void => {
  if (command.when !== undefined) checkCondition(command.when, join(path, 'when'));
  if (command.occurredAt !== undefined) checkValue(command.occurredAt, join(path, 'occurredAt'));
  for (const [field, value] of Object.entries(command.data)) checkValue(value, join(path, `data.${field}`));
  const texts = (command.when ? testsOf(command.when) : []).flatMap(({ in: some, equals }) => some ?? equals ?? []);
  const marker = texts.find(markerTest(blank));
  if (marker !== undefined)
    throw fault(
      join(path, 'when'),
      `The test can never match: the mapping reads ${marker} as blank. Test blank instead.`,
    );
  for (const [field, value] of Object.entries(command.data)) {
    if (typeof value !== 'object' || !('column' in value)) continue;
    const entry = Object.keys(value.map ?? {}).find(markerTest([...blank, ...(value.blank ?? [])]));
    if (entry !== undefined)
      throw fault(
        join(path, `data.${field}.map`),
        `The entry ${entry} can never match: the mapping reads it as blank. Set default instead.`,
      );
  }
};

const checkCommandOf = (aggregates: Aggregates, command: MappedCommand, path: string): void => {
  const known = Object.hasOwn(aggregates, command.to) ? aggregates[command.to] : undefined;
  if (!known)
    throw fault(
      join(path, 'to'),
      `There is no aggregate with this name; ${suggestion(command.to, Object.keys(aggregates))}`,
    );
  const sendable = sendableOf(known);
  const schema = sendable.find(({ type }) => type === command.command);
  if (!schema) {
    const names = sendable.map(({ type }) => type);
    const other = Object.keys(aggregates).find((to) =>
      sendableOf(aggregates[to]!).some(({ type }) => type === command.command),
    );
    const help = other ? `send it to ${other}.` : suggestion(command.command, names);
    throw fault(join(path, 'command'), `${command.command} cannot be sent to ${command.to}; ${help}`);
  }
  const fields = Object.keys(schema.object.properties);
  for (const field of Object.keys(command.data))
    if (!fields.includes(field))
      throw fault(
        join(path, `data.${field}`),
        `${command.command} has no field ${field}; ${suggestion(field, fields)}`,
      );
  for (const field of (schema.object.required ?? []) as string[])
    if (!Object.hasOwn(command.data, field))
      throw fault(join(path, `data.${field}`), `${command.command} requires ${field}; map it to a value.`);
};

/**
 * Checks a mapping and fills in its defaults.
 * @param json the parsed file; @param aggregates what may be sent, and the fields each command has
 * @throws Refused `import/invalid-mapping` with the path of the first fault
 */
export const mappingOf = (json: unknown, aggregates: Aggregates): Mapping => {
  checkMapping(json, '');
  const { name, delimiter = ',', encoding = 'utf-8', blank = [], key = [], commands } = json as Mapping;
  commands.forEach((command, index) => {
    checkValuesOf(command, `commands.${index}`, blank);
    checkCommandOf(aggregates, command, `commands.${index}`);
  });
  const columns = [
    ...key,
    ...commands.flatMap(({ when, occurredAt, data }) => [
      ...(when ? testsOf(when).map(({ column }) => column) : []),
      ...(occurredAt === undefined ? [] : columnsOf(occurredAt)),
      ...Object.values(data).flatMap(columnsOf),
    ]),
  ];
  const ids = commands.flatMap(({ data }) =>
    Object.entries(data).flatMap(([field, value]) => idColumnsOf(field, value)),
  );
  const idColumns = [...new Set([...key, ...ids])];
  return { name, delimiter, encoding, blank, key, commands, columns: [...new Set(columns)], idColumns };
};
