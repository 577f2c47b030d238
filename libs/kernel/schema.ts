import { FormatRegistry, Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { emailOf, isCountry, phoneOf } from './contact';
import { describeFormat, type Fault } from './fault';
import { isCurrency, type Money, type MoneySum } from './money';
import { isDay, isInstant } from './time';
import { isBlank } from './words';

/**
 * The fields that events and commands are made of. One object gives the type, the check, the encryption, the event
 * catalogue, the GraphQL input and the import mapping. Every builder takes a description: it is the manual.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type { Static, TSchema };

/** Texts that must be something: how that is checked, and what it is in words that follow "must be". */
const format = (name: string, check: (text: string) => boolean, says: string): void => {
  FormatRegistry.Set(name, check);
  describeFormat(name, says);
};
format('instant', isInstant, 'an ISO 8601 instant of 1900 to 2200 with an offset, such as 2024-01-17T10:00:00Z');
format('day', isDay, 'a calendar day of 1900 to 2200, such as 2024-01-17');
format('currency', isCurrency, 'a currency code of ISO 4217, such as EUR');
format('said', (value) => !isBlank(value), 'a text that is not blank');
format('email', (value) => emailOf(value) !== undefined, 'an e-mail address, such as ada@example.org');
format('phone', (value) => phoneOf(value) !== undefined, 'a phone number, best with its country: +44 20 7946 0958');
format('country', isCountry, 'a country: its name, or its code of ISO 3166, such as DE');
/** Formats whose texts have one form, in which they are decided on and stored. */
const normalForms: Readonly<Record<string, (text: string) => string | undefined>> = { email: emailOf, phone: phoneOf };
/** Data that was checked, with each text in the one form of its format. */
export const normaliseData = <D extends object>(object: TObject, data: D): D => {
  const formed = Object.entries(data).map(([name, value]) => {
    const form = normalForms[object.properties[name]?.['format'] as string];
    return [name, form && typeof value === 'string' ? (form(value) ?? value) : (value as unknown)];
  });
  return Object.fromEntries(formed) as D;
};

/** What an id may look like: it becomes part of a stream's name and of addresses. */
export const ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$';
export const ID_REQUIREMENT = 'an id: 1 to 128 letters, digits and . _ : @ - of which the first is a letter or digit';

/** A pattern comes with what it asks for, in words that follow "must be". */
type TextOptions = { readonly max?: number; readonly min?: number } & (
  { readonly pattern: string; readonly says: string } | { readonly pattern?: undefined }
);

/** @param min from 1 on, the text says something: it is not blank */
export const text = (description = '', { max = 2000, min = 0, ...form }: TextOptions = {}) =>
  Type.String({ description, maxLength: max, minLength: min, ...(min > 0 && notBlank(min, max)), ...form });
const notBlank = (min: number, max: number) => ({
  format: 'said',
  says: `a text of ${min} to ${max} characters that is not blank`,
});
/** The largest whole number that GraphQL's Int can say. Amounts of money and milliseconds go further, and say so. */
export const INT_MAX = 2 ** 31 - 1;
/** @param unit of a duration, which people are told in hours and minutes */
export const integer = (
  description = '',
  { min = -INT_MAX, max = INT_MAX, unit }: { min?: number; max?: number; unit?: 'ms' | 'min' } = {},
) => Type.Integer({ description, minimum: min, maximum: max, ...(unit && { unit }) });
export const real = (description = '', { min, max }: { min?: number; max?: number } = {}) =>
  Type.Number({ description, ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) });
export const flag = (description = '') => Type.Boolean({ description });
export const instant = (description = '') => Type.String({ description, format: 'instant' });
export const day = (description = '') => Type.String({ description, format: 'day' });
/** Some words with a name of their own and what each means: declared once for fields, commands and GraphQL's enum. */
export interface Enumeration<V extends string = string> {
  readonly name: string;
  readonly description: string;
  readonly meanings: Readonly<Record<V, string>>;
  readonly values: readonly V[];
}
/** The union of the words: `type ReviewKind = WordOf<typeof reviewKinds>`. */
export type EnumerationValue<N> = N extends Enumeration<infer V> ? V : never;
export const enumeration = <V extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<V, string>>,
): Enumeration<V> => ({ name, description, meanings, values: Object.keys(meanings) as V[] });

/** Where a field's schema keeps its enumeration: a symbol, so that what is printed of the schema stays JSON Schema. */
const ENUMERATION = Symbol('enumeration');
export const enumerationOf = (schema: TSchema): Enumeration | undefined =>
  (schema as { readonly [ENUMERATION]?: Enumeration })[ENUMERATION];

/**
 * One of some words. The pattern is what checks; `enum` is for whoever reads the schema, or a fault of it. A field of a
 * command takes an enumeration: GraphQL's enum has its name.
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
  marketing: 'Finds people and wakes their interest.',
  sales: 'Speaks with them and sells.',
});
export type Team = EnumerationValue<typeof teams>;
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
          Type.String({ pattern: '^-?[1-9][0-9]{15,59}$', says: 'the digits of a whole number beyond 2^53' }),
        ]),
        currency: Type.String({ format: 'currency' }),
      },
      { description, additionalProperties: false },
    ),
  );
/** An id of another stream, `lead`, `opportunity` …; the case file of that subject shows the event. */
export const ref = (kind: string, description = `The ${kind}.`) =>
  Type.String({ description, pattern: ID_PATTERN, says: ID_REQUIREMENT, ref: kind });
export const list = <S extends TSchema>(items: S, description = '', { max = 500 }: { max?: number } = {}) =>
  Type.Array(items, { description, maxItems: max });
/** A value of one of two shapes. */
export const either = <A extends TSchema, B extends TSchema>(one: A, other: B, description = '') =>
  Type.Union([one, other], { description });
export const object = <F extends Record<string, TSchema>>(fields: F, description = '') =>
  Type.Object(fields, { description, additionalProperties: false });
/** Free JSON, checked by whoever gives it a meaning (a definition's body by its kind). */
export const json = (description = '') => Type.Unsafe<Json>(Type.Unknown({ description, json: true }));
export const optional = <S extends TSchema>(schema: S) => Type.Optional(schema);
/**
 * Encrypted in log and read models with the key of the person that `leadId` names. In events always
 * `optional(personal(…))`: an erasure removes it.
 */
export const personal = <S extends TSchema>(schema: S): S & Personal => ({ ...schema, personal: true });
export interface Personal {
  readonly personal: true;
}

/** What a field says of its subject from then on. */
export interface StateMark {
  /** `opportunity.expected-close`: the subject's kind, and what is known of it. */
  readonly name: string;
  /** Fields of the event that tell whose state it is, where a stream has several: the day of a spend. */
  readonly per: readonly string[];
}
/**
 * Marks a field of an event that says what holds of the subject of its stream from then on. Only such fields have a
 * before and an after in the case file; what an occurrence was like (a touch's source, its minutes) is no state.
 */
export const state = <S extends TSchema>(name: StateMark['name'], schema: S, per: StateMark['per'] = []): S => ({
  ...schema,
  state: { name, per },
});

/**
 * Marks a list of names of facts of which nothing is known from then on.
 * @param states by the names that may stand in the list, the state that each of them is: `lead.owner`
 */
export const clears = <S extends TSchema>(states: Readonly<Record<string, StateMark['name']>>, schema: S): S => ({
  ...schema,
  clears: states,
});

/**
 * The first text within a value that is no Unicode: half of a surrogate pair, which can neither be hashed nor sent, or
 * a NUL, which ends a text for half of the world's programs.
 */
export const textFault = (value: Json, path = ''): Fault | undefined => {
  if (typeof value === 'string')
    return value.isWellFormed() && !value.includes('\0')
      ? undefined
      : { path, message: 'This text is no Unicode: it holds half a character, or a NUL.' };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const fault = textFault(inner as Json, path ? `${path}.${name}` : name);
    if (fault) return fault;
  }
  return undefined;
};
