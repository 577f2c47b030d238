import { FormatRegistry, Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { emailOf, isCountry, phoneOf, withoutAddresses } from './contact';
import { describeFormat, type Fault } from './fault';
import { isCurrency, type Money, type MoneySum } from './money';
import { isDay, isInstant } from './time';
import { isBlank } from './words';

/**
 * Field builders of events and commands. One object gives the type, validation, encryption, event catalogue, GraphQL
 * input and import mapping. Every builder takes a description, which is shown in the API documentation.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type { Static, TSchema };

/** Registers a text format: how it is checked, and the requirement in words that follow "must be". */
const format = (name: string, check: (text: string) => boolean, requirement: string): void => {
  FormatRegistry.Set(name, check);
  describeFormat(name, requirement);
};
format('instant', isInstant, 'an ISO 8601 instant of 1900 to 2200 with an offset, such as 2024-01-17T10:00:00Z');
format('day', isDay, 'a calendar day of 1900 to 2200, such as 2024-01-17');
format('currency', isCurrency, 'a currency code of ISO 4217, such as EUR');
format('not-blank', (value) => !isBlank(value), 'a text that is not blank');
format('email', (value) => emailOf(value) !== undefined, 'an e-mail address, such as ada@example.org');
format('phone', (value) => phoneOf(value) !== undefined, 'a phone number, best with its country: +44 20 7946 0958');
format('country', isCountry, 'a country: its name, or its code of ISO 3166, such as DE');
/** Formats with a normal form, which is what decisions see and the log stores. */
const normalForms: Readonly<Record<string, (text: string) => string | undefined>> = { email: emailOf, phone: phoneOf };
/** Validated data with each text in the normal form of its format, and without addresses where none may be. */
export const normaliseData = <D extends object>(object: TObject, data: D): D => {
  const formed = Object.entries(data).map(([name, value]) => {
    const { format, addressFree } = (object.properties[name] ?? {}) as { format?: string; addressFree?: true };
    const form = addressFree ? withoutAddresses : normalForms[format ?? ''];
    return [name, form && typeof value === 'string' ? (form(value) ?? value) : (value as unknown)];
  });
  return Object.fromEntries(formed) as D;
};

/** The pattern of ids, which become part of stream names and addresses. */
export const ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$';
export const ID_REQUIREMENT = 'an id: 1 to 128 letters, digits and . _ : @ - of which the first is a letter or digit';

/** A pattern needs a `requirement` in words that follow "must be". */
type TextOptions = { readonly max?: number; readonly min?: number } & (
  { readonly pattern: string; readonly requirement: string } | { readonly pattern?: undefined }
);

/** @param min from 1 on, the text must not be blank */
export const text = (description = '', { max = 2000, min = 0, ...form }: TextOptions = {}) =>
  Type.String({ description, maxLength: max, minLength: min, ...(min > 0 && notBlank(min, max)), ...form });
const notBlank = (min: number, max: number) => ({
  format: 'not-blank',
  requirement: `a text of ${min} to ${max} characters that is not blank`,
});
/**
 * A text about a person that decisions and figures read in clear, such as the page of a visit: e-mail addresses in it are
 * replaced before it is stored, because nobody could erase them later.
 */
export const addressFree = (description = '', options: TextOptions = {}) => ({
  ...text(description, options),
  addressFree: true as const,
});
/** The largest value of the GraphQL type Int. Amounts of money and milliseconds can be larger and set `max`. */
export const INT_MAX = 2 ** 31 - 1;
/** @param unit of a duration; people read it in hours and minutes */
export const integer = (
  description = '',
  { min = -INT_MAX, max = INT_MAX, unit }: { min?: number; max?: number; unit?: 'ms' | 'min' } = {},
) => Type.Integer({ description, minimum: min, maximum: max, ...(unit && { unit }) });
export const real = (description = '', { min, max }: { min?: number; max?: number } = {}) =>
  Type.Number({ description, ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) });
export const flag = (description = '') => Type.Boolean({ description });
export const instant = (description = '') => Type.String({ description, format: 'instant' });
export const day = (description = '') => Type.String({ description, format: 'day' });
/** A named list of values, each with its meaning: declared once for fields, commands and the GraphQL enum. */
export interface Enumeration<V extends string = string> {
  readonly name: string;
  readonly description: string;
  readonly meanings: Readonly<Record<V, string>>;
  readonly values: readonly V[];
}
/** The union of the values: `type ReviewKind = EnumerationValue<typeof reviewKinds>`. */
export type EnumerationValue<N> = N extends Enumeration<infer V> ? V : never;
export const enumeration = <V extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<V, string>>,
): Enumeration<V> => ({ name, description, meanings, values: Object.keys(meanings) as V[] });

/** The key of the enumeration in a field schema. A symbol, so that the printed schema stays JSON Schema. */
const ENUMERATION = Symbol('enumeration');
export const enumerationOf = (schema: TSchema): Enumeration | undefined =>
  (schema as { readonly [ENUMERATION]?: Enumeration })[ENUMERATION];

/**
 * One of several values. The pattern validates; `enum` is for readers of the schema and error messages. A command field
 * takes an enumeration, which names the GraphQL enum.
 */
export const oneOf = <const V extends string>(words: readonly V[] | Enumeration<V>, description = '') => {
  const named = 'meanings' in words ? words : undefined;
  const values = 'meanings' in words ? words.values : words;
  return Type.Unsafe<V>({
    ...Type.String({
      description,
      enum: [...values],
      pattern: `^(${values.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`,
    }),
    ...(named && { [ENUMERATION]: named }),
  });
};
/** The two teams that share the lifecycle. */
export const teams = enumeration('Team', 'One of the two teams.', {
  marketing: 'Finds people and creates interest.',
  sales: 'Talks to leads and sells.',
});
export type Team = EnumerationValue<typeof teams>;
/** What a caller or the owner of a key is. Only a connector can report decisions of its own system. */
export const callerOrigins = enumeration('CallerOrigin', 'What a caller is.', {
  person: 'A person.',
  system: 'Baton itself, a page or a report.',
  connector: 'A connector of another system, or an import of its data.',
});
export type CallerOrigin = EnumerationValue<typeof callerOrigins>;
export const email = (description = '') => Type.String({ description, format: 'email', maxLength: 320 });
export const phone = (description = '') => Type.String({ description, format: 'phone', maxLength: 50 });
export const country = (description = '') => Type.String({ description, format: 'country', maxLength: 100 });
export const currencyCode = (description = '') => Type.String({ description, format: 'currency' });
export const money = (description = '') =>
  Type.Unsafe<Money>(
    Type.Object(
      {
        minor: Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
        currency: Type.String({ format: 'currency' }),
      },
      { description, money: true, additionalProperties: false },
    ),
  );
/** A sum of amounts in one currency, which may be beyond 2^53 minor units. */
export const moneySum = (description = '') =>
  Type.Unsafe<MoneySum>(
    Type.Object(
      {
        minor: Type.Union([
          Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
          Type.String({ pattern: '^-?[1-9][0-9]{15,59}$', requirement: 'the digits of a whole number beyond 2^53' }),
        ]),
        currency: Type.String({ format: 'currency' }),
      },
      { description, additionalProperties: false },
    ),
  );
/** The id of another stream (`lead`, `opportunity` …). The case file of that subject shows the event. */
export const ref = (kind: string, description = `The ${kind}.`) =>
  Type.String({ description, pattern: ID_PATTERN, requirement: ID_REQUIREMENT, ref: kind });
export const list = <S extends TSchema>(items: S, description = '', { max = 500 }: { max?: number } = {}) =>
  Type.Array(items, { description, maxItems: max });
/** A value of one of two shapes. */
export const either = <A extends TSchema, B extends TSchema>(first: A, second: B, description = '') =>
  Type.Union([first, second], { description });
export const object = <F extends Record<string, TSchema>>(fields: F, description = '') =>
  Type.Object(fields, { description, additionalProperties: false });
/** Free JSON, validated by its owner (the body of a definition by its kind). */
export const json = (description = '') => Type.Unsafe<Json>(Type.Unknown({ description, json: true }));
export const optional = <S extends TSchema>(schema: S) => Type.Optional(schema);
/**
 * Encrypted in log and read models with the key of the person in `leadId`. In events always `optional(personal(…))`,
 * because an erasure removes it.
 */
export const personal = <S extends TSchema>(schema: S): S & Personal => ({ ...schema, personal: true });
export interface Personal {
  readonly personal: true;
}
/**
 * Marks an id whose key encrypts the personal fields beside it where no `leadId` is given: that of a colleague, or of a deal.
 */
export const keyOwner = <S extends TSchema>(schema: S): S => ({ ...schema, keyOwner: true });
/** The fields by which the owner of the key of the personal fields is found; the first that has a value counts. */
export type KeyOwners = readonly { readonly field: string; readonly kind: string }[];
export const keyOwnersOf = (fields: Readonly<Record<string, TSchema>>): KeyOwners => [
  ...('leadId' in fields ? [{ field: 'leadId', kind: 'lead' }] : []),
  ...Object.entries(fields).flatMap(([field, schema]) =>
    schema['keyOwner'] ? [{ field, kind: schema['ref'] as string }] : [],
  ),
];
/** The name of a key in the key store: the id of a lead; of anybody else kind and id, `person/ada`, which no id of a lead is. */
export const keySubjectOf = (owners: KeyOwners, data: object): string | undefined => {
  const values = data as Readonly<Record<string, unknown>>;
  const owner = owners.find(({ field }) => typeof values[field] === 'string');
  return owner && keyNameOf(owner.kind, values[owner.field] as string);
};
export const keyNameOf = (kind: string, id: string): string => (kind === 'lead' ? id : `${kind}/${id}`);
/** The stream of the owner of a key. */
export const streamOfKey = (name: string): string => (name.includes('/') ? name.replace('/', '-') : `lead-${name}`);

/** Marks a command field of which two subjects never have the same value: who comes first has it. */
export const unique = <S extends TSchema>(schema: S): S => ({ ...schema, unique: true });
/** Needed by Baton alone, such as the hash of a secret: no reader of events is shown it. */
export const secret = <S extends TSchema>(schema: S): S => ({ ...schema, secret: true });

/** Marks a field as a state of the subject. */
export interface StateMark {
  /** `opportunity.expected-close`: subject kind and name of the state. */
  readonly name: string;
  /** Fields that identify the state if a stream has several of it, such as the day of a spend. */
  readonly per: readonly string[];
}
/**
 * Marks an event field that sets a state of the subject of its stream. Only such fields have a before and after in the
 * case file; a property of an occurrence (the source of a touch, its minutes) is not a state.
 */
export const state = <S extends TSchema>(name: StateMark['name'], schema: S, per: StateMark['per'] = []): S => ({
  ...schema,
  state: { name, per },
});

/**
 * Marks a list of names of facts that are unknown from then on.
 * @param states the state of each name: `lead.owner`
 */
export const clears = <S extends TSchema>(states: Readonly<Record<string, StateMark['name']>>, schema: S): S => ({
  ...schema,
  clears: states,
});

/**
 * Finds the first text that is not valid Unicode (half a surrogate pair, which can neither be hashed nor sent) or
 * contains NUL, which ends a text for many programs.
 */
export const textFault = (value: Json, path = ''): Fault | undefined => {
  if (typeof value === 'string')
    return value.isWellFormed() && !value.includes('\0')
      ? undefined
      : { path, message: 'The text must be valid Unicode without NUL characters.' };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const fault = textFault(inner as Json, path ? `${path}.${name}` : name);
    if (fault) return fault;
  }
  return undefined;
};
