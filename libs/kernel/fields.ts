import type { Role } from './command';
import type { ValueFilter, Where } from './ports';
import type { ColumnType, Projection } from './projection';
import type { Enumeration, Json } from './schema';
import type { Sealed, SearchTerms } from './sealed';
import type { Money, MoneySum } from './money';
import { zoneOf, type Day, type Instant } from './time';
import { Refused } from './errors';

/** What a value is. Each kind has one GraphQL type, one column type and one form of filter. */
export type FieldKind =
  | 'id'
  | 'text'
  | 'enum'
  | 'integer'
  | 'largeInteger'
  | 'number'
  | 'flag'
  | 'instant'
  | 'day'
  | 'money'
  | 'personal'
  | 'json'
  | 'object'
  /** Of arguments only: a day or an instant, a currency code, and a filter of a text. */
  | 'dayOrInstant'
  | 'currency'
  | 'filter';

/** Reads documents of read models. */
export interface DocumentReader {
  /** By their ids; those that do not exist are left out. */
  getMany<D extends object>(of: Projection<D>, ids: readonly string[]): Promise<ReadonlyMap<string, D>>;
  pages<D>(of: Projection<D>, where: Where): AsyncIterable<readonly { readonly doc: D }[]>;
}

export interface FieldOptions {
  /** The value is null where it is unknown. */
  readonly nullable?: boolean;
  /** The property is absent where it is unknown; GraphQL answers null. */
  readonly optional?: boolean;
  readonly list?: boolean;
  /**
   * Of an object of an answer: a connection, whose pages a function of the answer gives, and its arguments beside those of
   * a page; see `pageField`.
   */
  readonly page?: Fields;
  /** Of such a connection: the roles that may ask for it, of those that may ask for the answer. */
  readonly allow?: readonly Role[];
  /** Lists of the read model can be filtered by it, in the form of its kind. */
  readonly filter?: boolean;
  /** Lists of the read model can be ordered by it. */
  readonly sort?: boolean;
  /** A column for the queries of the code, without filter and order in GraphQL. */
  readonly column?: boolean;
  /** In the document only, not in GraphQL. */
  readonly hidden?: boolean;
  /** Of a text: spellings do not count for its filter, which compares the hidden column `<name>Key` by `wordKey`. */
  readonly anySpelling?: true;
  /** Of an id: a filter by some ids matches these too, such as those of leads merged into one of them. */
  readonly alsoIds?: (documents: DocumentReader, ids: readonly string[]) => Promise<readonly string[]>;
  /** Of JSON: sealed in the document, and opened like personal text. */
  readonly personal?: true;
  /**
   * Of an id: the node it leads to, such as `Lead`, or `Node` for an id among all nodes. A field `leadId` gets a field
   * `lead` beside it.
   */
  readonly entity?: string;
  /** The name of that field, where the id says something else. */
  readonly entityName?: string;
  /** Of a number: its limits; of a text: its greatest length. An argument beyond them is refused. */
  readonly min?: number;
  readonly max?: number;
  /** Of an argument: its value where none is given. */
  readonly default?: unknown;
  /** Of a text in arguments: what it must be. @throws Refused with the path of the argument */
  readonly check?: (text: string, path: string) => unknown;
  /** Of a figure: what it counts or is measured in: `deals`, `days`, `ms`, `0–1`. */
  readonly unit?: string;
  /** Of a personal text: the terms it is found by; it can be filtered by them. */
  readonly search?: SearchTerms;
}

/** One field of a read model or of an answer, declared once. */
export interface Field<V = unknown, O extends FieldOptions = FieldOptions> {
  readonly kind: FieldKind;
  readonly description: string;
  readonly options: O;
  readonly enumeration?: Enumeration;
  /** Of an object. */
  readonly object?: ObjectFields;
  /** For the compiler only. */
  readonly value?: V;
}
/** The fields of an object type. */
export interface ObjectFields<F extends Fields = Fields> extends ObjectOptions {
  readonly name: string;
  readonly description: string;
  readonly fields: F;
}
interface ObjectOptions {
  /** Lists hold one for each currency; the cost of a query counts on one, as most companies have it. */
  readonly perCurrency?: true;
}
export type Fields = Readonly<Record<string, Field>>;

type Value<V, O> =
  (O extends { readonly list: true } ? readonly V[] : V) | (O extends { readonly nullable: true } ? null : never);
type Named<F extends Fields, Wanted> = {
  [K in keyof F & string]: F[K] extends Field<unknown, infer O> ? (O extends Wanted ? K : never) : never;
}[keyof F & string];
type Absent = { readonly optional: true };
type MoneyNames<F extends Fields> = {
  [K in keyof F & string]: F[K]['kind'] extends 'money' ? K : never;
}[keyof F & string];
type ValueIn<F> = F extends Field<infer V> ? V : never;
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** An object with these fields, as answers have it. */
export type ObjectOf<F extends Fields> = Flat<
  { readonly [K in Exclude<keyof F & string, Named<F, Absent>>]: ValueIn<F[K]> } & {
    readonly [K in Named<F, Absent>]?: ValueIn<F[K]>;
  }
>;
/** The same as a document: an amount of money `price` is `priceMinor` and `currency`, for these are columns. */
export type DocumentOf<F extends Fields> = [MoneyNames<F>] extends [never]
  ? ObjectOf<F>
  : Flat<
      Omit<ObjectOf<F>, MoneyNames<F>> & {
        readonly [K in MoneyNames<F> as `${K}Minor`]: null extends ValueIn<F[K]> ? number | null : number;
      } & { readonly currency: null extends ValueIn<F[MoneyNames<F>]> ? string | null : string }
    >;

const ofKind =
  <V>(kind: FieldKind) =>
  <const O extends FieldOptions = object>(description: string, options?: O): Field<Value<V, O>, O> => ({
    kind,
    description,
    options: options ?? ({} as O),
  });

const text = ofKind<string>('text');
/** The builders of fields, by kind: `field.text('The name.', { filter: true })`. */
export const field = {
  id: ofKind<string>('id'),
  text,
  /** A whole number of 32 bits. */
  integer: ofKind<number>('integer'),
  /** A whole number up to 2^53. */
  largeInteger: ofKind<number>('largeInteger'),
  number: ofKind<number>('number'),
  flag: ofKind<boolean>('flag'),
  instant: ofKind<Instant>('instant'),
  day: ofKind<Day>('day'),
  json: ofKind<Json>('json'),
  /** An end of a period in arguments: a day of the time zone of the question, or an instant. */
  dayOrInstant: ofKind<string>('dayOrInstant'),
  /** The IANA zone of days and months, in arguments. */
  zone: (description: string) =>
    text(description, { optional: true, max: 100, check: (zone: string, path: string) => zoneOf(zone, path) }),
  /** A version of a definition, `mql@3`, or the system that decided, `external:crm`, in arguments. */
  version: (description: string) =>
    text(description, {
      optional: true,
      max: 300,
      check: (version: string, path: string) => {
        if (!/^([a-z-]+@\d{1,9}|external:.+)$/.test(version))
          throw new Refused('definition/not-a-version', `${path} must be a version such as mql@2.`, path);
      },
    }),
  /** A currency code of ISO 4217, in arguments. */
  currency: (description: string) => ofKind<string>('currency')(description, { optional: true }),
  /** A filter by a text that a row may lack, in arguments. */
  filter: (description: string) => ofKind<ValueFilter>('filter')(description, { optional: true }),
  /** Personal text: sealed in the document, opened for those who work with leads by name, else null. */
  personal: ofKind<Sealed>('personal'),
  /** An amount. Lists are ordered by its currency first. */
  money: <const O extends FieldOptions = object>(
    description: string,
    options?: O,
  ): Field<Value<MoneySum, O>, O> & { readonly kind: 'money' } => ({
    kind: 'money',
    description,
    options: options ?? ({} as O),
  }),
  /** An amount that is no sum, so that its minor units are a number; the one for arguments. */
  amount: ofKind<Money>('money'),
  /** One of the words of an enumeration. */
  enum: <V extends string, const O extends FieldOptions = object>(
    enumeration: Enumeration<V>,
    description: string,
    options?: O,
  ): Field<Value<V, O>, O> => ({ kind: 'enum', description, options: options ?? ({} as O), enumeration }),
  object: <F extends Fields, const O extends FieldOptions = object>(
    object: ObjectFields<F>,
    description: string,
    options?: O,
  ): Field<Value<ObjectOf<F>, O>, O> => ({ kind: 'object', description, options: options ?? ({} as O), object }),
} as const;
/** The name of the node that an id leads to: `leadId` leads to `lead`, `opportunityIds` to `opportunities`, unless it has one. */
export const entityNameOf = (name: string, { options: { entityName } }: Field): string => {
  if (entityName !== undefined) return entityName;
  if (name.endsWith('Id')) return name.slice(0, -2);
  const plural = name.slice(0, -3);
  return plural.endsWith('y') ? `${plural.slice(0, -1)}ies` : `${plural}s`;
};
/** Whether a value is sealed in the document, and opened for those who work with leads by name. */
export const isPersonalField = ({ kind, options }: Field): boolean => kind === 'personal' || options.personal === true;
/** The type of an object within another. */
export const objectFields = <F extends Fields>(
  name: string,
  description: string,
  fields: F,
  options: ObjectOptions = {},
): ObjectFields<F> => ({ name, description, fields, ...options });

const columnTypes: Readonly<Partial<Record<FieldKind, ColumnType>>> = {
  ...{ id: 'text', text: 'text', enum: 'text', day: 'text', instant: 'instant' },
  ...{ integer: 'integer', largeInteger: 'integer', number: 'real', flag: 'flag' },
};

/** The columns in which the value of a field is kept for queries. */
export const columnsOfField = (name: string, { kind, options }: Field): Readonly<Record<string, ColumnType>> => {
  if (options.search) return { [name]: 'tokens' };
  if (!options.filter && !options.sort && !options.column) return {};
  if (kind === 'money') return { [`${name}Minor`]: 'integer', currency: 'text' };
  if (options.anySpelling && !options.sort) return {};
  const isText = columnTypes[kind] === 'text' || columnTypes[kind] === 'instant';
  const type = options.list && isText && !options.sort ? 'tokens' : columnTypes[kind];
  if (!type || (options.list && type !== 'tokens'))
    throw new Error(`The field ${name} of kind ${kind} cannot be filtered or sorted.`);
  return { [name]: type };
};

const absentValues: Readonly<Partial<Record<FieldKind, unknown>>> = {
  ...{ id: '', text: '', enum: '', instant: '', day: '' },
  ...{ integer: 0, largeInteger: 0, number: 0, flag: false },
};
/**
 * A document of which nothing is known: null in nullable fields, no optional ones, empty lists, 0, false and ''. The first
 * event of a document says what cannot be absent. Its lists cannot be changed, so that documents may share them.
 */
export const emptyDocument = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { kind, options }]): [string, unknown][] => {
      if (options.optional) return [];
      const value = options.list ? Object.freeze([]) : options.nullable ? null : (absentValues[kind] ?? null);
      return kind === 'money' && !options.list
        ? [
            [`${name}Minor`, value],
            ['currency', value],
          ]
        : [[name, value]];
    }),
  );

type Known<V> = { readonly [K in keyof V]-?: Exclude<V[K], undefined> | null };
/** These of the values, with null for those that are absent. */
export const orNull = <V extends object, const K extends keyof V>(of: V, names: readonly K[]): Known<Pick<V, K>> =>
  Object.fromEntries(names.map((name) => [name, of[name] ?? null])) as unknown as Known<Pick<V, K>>;

/** The amount of money of a document in the fields `<name>Minor` and `currency`; null where one is unknown. */
export const moneyIn = (doc: object, name: string): MoneySum | null => {
  const { [`${name}Minor`]: minor, currency } = doc as { readonly currency?: string | null } & Readonly<
    Record<string, unknown>
  >;
  return typeof minor !== 'number' || !currency ? null : { minor, currency };
};
