import { Refused } from './errors';
import type { AnyEvent, StoredEvent } from './event';
import type { AsStored } from './sealed';
import { columnsOfField, emptyDocument, field, moneyIn, type DocumentReader, type Field, type Fields } from './fields';
import { conditionOf, withNone, type Condition, type ValueFilter, type Where } from './ports';
import {
  projection,
  rowIdOf,
  type ColumnType,
  type HistoryStep,
  type Index,
  type Order,
  type Projection,
  type ProjectionShape,
  type Scalar,
} from './projection';
import type { Role } from './command';
import { isCurrency, unknownCurrency } from './money';
import { boundOf, dayOf, type Instant } from './time';
import { wordKey } from './words';

/** A field whose value is computed when the document is read. */
export interface ComputedField<D> {
  readonly field: Field;
  /** @param at the instant for which the question is answered: that of `asOf`, or now */
  readonly value: (doc: D, at: Instant) => unknown;
  /** The column in whose order lists are ordered by it. */
  readonly sortBy?: string;
}
export const computed = <D>(
  field: Field,
  value: ComputedField<D>['value'],
  sortBy?: keyof D & string,
): ComputedField<D> => ({ field, value, ...(sortBy && { sortBy }) });

/** The arguments of a list that were given, by name. */
type GivenArguments = Readonly<Record<string, unknown>>;
/** A column, with `-` before it for descending order, or several. Ties are broken by the id. */
export type OrderText = string | readonly string[];

/** A list of the documents of a read model: all of them, or those under a condition. */
export interface ListShape {
  readonly description: string;
  readonly orderBy: OrderText | ((given: GivenArguments) => OrderText);
  /** Arguments beside filter and order, for conditions that no column holds; they go to `where` and `orderBy`. */
  readonly arguments?: Fields;
  /** @param at as in `ComputedField` */
  readonly where?: Where | ((at: Instant, given: GivenArguments, models: DocumentReader) => Where | Promise<Where>);
}

/** The most likely questions: filters for equal values, then one order. Each makes a composite index. */
export interface LikelyQuestion {
  readonly where: readonly string[];
  readonly orderBy: string;
}

/** What a read model shows of itself, in GraphQL and on the command line. */
export interface Shown<D> {
  /** The name of the GraphQL type. */
  readonly node: string;
  readonly description: string;
  /** The field with the id of the document. */
  readonly key: string;
  readonly fields: Fields;
  readonly computed?: Readonly<Record<string, ComputedField<D>>>;
  /** The query for one document by its id. */
  readonly one?: { readonly name: string; readonly description: string };
  /** By the name of the query. */
  readonly lists: Readonly<Record<string, ListShape>>;
  /** The roles that may read it: by its lists, by id, and as a node that others lead to. */
  readonly allow: readonly Role[];
  readonly questions?: readonly LikelyQuestion[];
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface ReadModel<D = any> extends Projection<D> {
  readonly shown: Shown<D>;
}
export const isReadModel = (of: Projection): of is ReadModel => 'shown' in of;

/** The id of a document among all nodes. */
export const nodeIdOf = ({ shown: { node } }: Pick<ReadModel, 'shown'>, id: string): string =>
  Buffer.from(`${node}:${id}`).toString('base64url');

/** The column of a field: that of its amount for money, the id of the document for the key. */
const columnOf = ({ shown: { key, fields, computed } }: Pick<ReadModel, 'shown'>, name: string): string => {
  if (name === key) return 'id';
  const sortBy = computed?.[name]?.sortBy;
  return sortBy ?? (fields[name]?.kind === 'money' ? `${name}Minor` : name);
};

/** The order of a list by one field, and by its currency before if it is an amount. */
export const orderByField = (
  model: Pick<ReadModel, 'shown'>,
  { field, descending = false }: { readonly field: string; readonly descending?: boolean },
): readonly Order[] => [
  ...(model.shown.fields[field]?.kind === 'money' ? [{ column: 'currency', descending }] : []),
  { column: columnOf(model, field), descending },
];
const orderByText = (model: Pick<ReadModel, 'shown'>, texts: OrderText): readonly Order[] =>
  [texts]
    .flat()
    .flatMap((text) =>
      text.startsWith('-')
        ? orderByField(model, { field: text.slice(1), descending: true })
        : orderByField(model, { field: text }),
    );
/** The order of a list where none is asked for. */
export const defaultOrderOf = (
  model: Pick<ReadModel, 'shown'>,
  { orderBy }: ListShape,
  given: GivenArguments = {},
): readonly Order[] => orderByText(model, typeof orderBy === 'function' ? orderBy(given) : orderBy);

/** The fields that lists can be ordered by. */
export const sortableFields = ({ shown: { fields, computed = {} } }: ReadModel): readonly string[] => [
  ...Object.keys(fields).filter((name) => fields[name]!.options.sort),
  ...Object.keys(computed).filter((name) => computed[name]!.sortBy),
];
/** The fields that lists can be filtered by. */
export const filterableFields = ({ shown: { fields } }: ReadModel): readonly string[] =>
  Object.keys(fields).filter((name) => fields[name]!.options.filter || fields[name]!.options.search);

/** The column of the keys of a field whose spelling does not count. */
export const spellingKeyOf = (name: string): string => `${name}Key`;
/** The columns of the fields whose spelling does not count. */
const spellingKeys = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, { options }]) => options.anySpelling)
      .map(
        ([
          name,
          {
            options: { list = false },
          },
        ]) => [
          spellingKeyOf(name),
          field.text('The same regardless of its spelling.', { column: true, hidden: true, optional: true, list }),
        ],
      ),
  );
/** Whether both documents have the same texts, and the same keys of them. */
const isSpelledAs = (names: readonly string[], doc: object, before: object): boolean => {
  const [one, other] = [doc as Record<string, unknown>, before as Record<string, unknown>];
  return names.every((name) => {
    const key = spellingKeyOf(name);
    return one[name] === other[name] && one[key] === other[key];
  });
};
/** A document with the keys of the texts that it has. */
const withSpellingKeys = <D extends object>(names: readonly string[], doc: D): D => {
  const next = { ...doc } as Record<string, unknown>;
  for (const name of names) {
    const value = next[name] as string | readonly string[] | null | undefined;
    if (value === undefined) delete next[spellingKeyOf(name)];
    else next[spellingKeyOf(name)] = typeof value === 'string' ? wordKey(value) : (value?.map(wordKey) ?? null);
  }
  return next as D;
};

/** The fold of a read model in one document per key. */
interface DocumentsForm<D, E extends AnyEvent> extends Pick<ProjectionShape<D, E>, 'on'> {
  readonly initial?: Partial<D> | ((key: string) => Partial<D>);
}
/**
 * The fold of a read model in rows that the history of its subjects makes: `keys` are the subjects, and each has one bounded
 * state. A row is written without its id; a late event may change and drop the rows around it.
 */
interface HistoryForm<D, E extends AnyEvent, S> {
  readonly history: {
    readonly initial: (subject: string) => S;
    readonly on: {
      readonly [T in E['type']]?: (
        state: S,
        event: StoredEvent<AsStored<Extract<E, { type: T }>>>,
        subject: string,
      ) => HistoryStep<S, Partial<D>>;
    };
  };
}

/**
 * Declares a read model with what it shows: its columns, indexes, GraphQL type, lists, filters and orders follow.
 * @param shape as of `projection`, without the columns; `columns` and `search` come from the fields. `initial`: what a
 *   document has before its first event besides `emptyDocument` and its id; or `history`, where history makes rows of its own
 * @throws Error for a field that cannot be a column, or an order or question on what is no column
 */
export const readModel = <D extends object, E extends AnyEvent, S extends object = never>({
  node,
  description,
  key,
  fields: declared,
  computed: computedFields,
  one,
  lists,
  allow,
  questions = [],
  ...shape
}: Omit<ProjectionShape<D, E>, 'columns' | 'search' | 'initial' | 'on'> &
  Shown<D> &
  (DocumentsForm<D, E> | HistoryForm<D, E, S>)): ReadModel<D> => {
  const fields = { ...declared, ...spellingKeys(declared) };
  const shown: Shown<D> = {
    ...{ node, description, key, fields, lists, allow, questions },
    ...(computedFields && { computed: computedFields }),
    ...(one && { one }),
  };
  const columns: Record<string, ColumnType> = {};
  for (const [name, field] of Object.entries(fields))
    if (name !== key) Object.assign(columns, columnsOfField(name, field));
  const search = Object.fromEntries(
    Object.entries(fields).flatMap(([name, { options }]) => (options.search ? [[name, options.search]] : [])),
  );
  const composite = questions.map((question): Index => [
    ...question.where.map((column) => ({ column: columnOf({ shown }, column), descending: false })),
    ...orderByText({ shown }, question.orderBy),
  ]);
  const first = new Set(composite.map(([{ column } = { column: '' }]) => column));
  // A filter by another text has no index of its own, nor has a number that is only summed: each would cost every write more than the filter is worth.
  const single = Object.entries(fields).flatMap(([name, { kind, options }]) => {
    const isLookedUp =
      !first.has(name) && (options.column ? columns[name] !== 'integer' : kind === 'id' && options.filter);
    if (options.list || options.search || name === key || !(options.sort || isLookedUp)) return [];
    return [orderByField({ shown }, { field: name })];
  });
  const indexes = [...composite, ...single];
  for (const { column } of [
    ...indexes.flat(),
    ...Object.values(lists).flatMap((list) => defaultOrderOf({ shown }, list)),
  ])
    if (column !== 'id' && !(column in columns))
      throw new Error(`${shape.name} has no column ${column}; give the field filter, sort or column.`);
  for (const [list, declared] of Object.entries(lists)) {
    const column = defaultOrderOf({ shown }, declared)[0]?.column;
    if (column !== undefined && column !== 'id' && !indexes.some(([first]) => first?.column === column))
      throw new Error(
        `${shape.name} has no index for the order of ${list}; give ${column} sort, or declare a question.`,
      );
  }
  const history = 'history' in shape ? shape.history : undefined;
  const { initial = {}, on } = history ? { on: history.on } : (shape as DocumentsForm<D, E>);
  const spelled = Object.keys(declared).filter((name) => declared[name]!.options.anySpelling);
  const empty = withSpellingKeys(spelled, emptyDocument(declared));
  const folded = projection<D, E>({
    ...{ ...shape, on, columns, search },
    initial: (id: string) => {
      const doc = { ...empty, [key]: id, ...(typeof initial === 'function' ? initial(id) : initial) };
      return spelled.every((name) => doc[name] === empty[name]) ? doc : withSpellingKeys(spelled, doc);
    },
  } as unknown as ProjectionShape<D, E>);
  const fold: typeof folded.fold = (doc, event, id) => {
    const next = folded.fold(doc, event, id);
    return isSpelledAs(spelled, next, doc) ? next : withSpellingKeys(spelled, next);
  };
  const steps = history?.on as Record<string, (...args: unknown[]) => HistoryStep<object, D>> | undefined;
  return {
    ...folded,
    ...(spelled.length > 0 && { fold }),
    ...(steps && {
      history: {
        initial: history!.initial,
        step: (state: object, event: StoredEvent, subject: string) => {
          const { put = [], ...rest } = steps[event.type]!(state, event, subject);
          const rows = put.map(({ id, row }) => ({
            id,
            row: withSpellingKeys(spelled, { ...folded.initial(rowIdOf(subject, id)), ...row }),
          }));
          return { ...rest, put: rows };
        },
      },
    }),
    shown,
    indexes,
  };
};

/** The fields that a node shows of a document, those that are computed last. */
export const shownFields = ({ shown: { fields, computed = {} } }: Pick<ReadModel, 'shown'>): Fields => ({
  ...Object.fromEntries(Object.entries(fields).filter(([, { options }]) => !options.hidden)),
  ...Object.fromEntries(Object.entries(computed).map(([name, { field }]) => [name, field])),
});

/** Gives what a node shows of a document in one of its fields. */
type FieldReader<D> = (doc: D, at: Instant) => unknown;
const readersByModel = new WeakMap<object, ReadonlyMap<string, FieldReader<never>>>();
/** How the fields of a node are read, each by its name; entities are not among them. */
export const fieldReadersOf = <D>({ shown }: ReadModel<D>): ReadonlyMap<string, FieldReader<D>> => {
  const known = readersByModel.get(shown);
  if (known) return known as ReadonlyMap<string, FieldReader<D>>;
  const readers = new Map<string, FieldReader<D>>();
  for (const [name, { kind, options }] of Object.entries(shown.fields)) {
    if (options.hidden) continue;
    const isMoney = kind === 'money' && !options.list;
    readers.set(name, (doc) => {
      const stored = doc as Readonly<Record<string, unknown>>;
      return isMoney ? moneyIn(stored, name) : stored[name];
    });
  }
  for (const [name, { value }] of Object.entries(shown.computed ?? {})) readers.set(name, value);
  readersByModel.set(shown, readers as ReadonlyMap<string, FieldReader<never>>);
  return readers;
};

/** The values that a node shows of a document, by field; entities are not among them. */
export const shownOf = <D>(model: ReadModel<D>, doc: D, at: Instant): Record<string, unknown> => {
  const node: Record<string, unknown> = {};
  for (const [name, read] of fieldReadersOf(model)) node[name] = read(doc, at);
  return node;
};

interface RangeFilter {
  readonly from?: string;
  readonly to?: string;
  readonly min?: number;
  readonly max?: number;
  readonly currency?: string;
  readonly none?: boolean;
}
/** A filter on a list: one of the texts of `any` is in it, and each of those of `all`. */
export interface ItemsFilter {
  readonly any?: readonly string[];
  readonly all?: readonly string[];
}
/** By field, a filter in the form of its kind. */
export type ListFilter = Readonly<
  Record<string, ValueFilter | RangeFilter | ItemsFilter | boolean | string | undefined>
>;

/** The same filter on keys, in which spellings do not count. */
export const byWordKey = ({ in: among, notIn, startsWith, none }: ValueFilter): ValueFilter => ({
  ...(among && { in: among.map(wordKey) }),
  ...(notIn && { notIn: notIn.map(wordKey) }),
  ...(startsWith !== undefined && { startsWith: wordKey(startsWith) }),
  ...(none !== undefined && { none }),
});
const ends = (from: Scalar | undefined, to: Scalar | undefined): Condition => ({
  ...(from !== undefined && { gte: from }),
  ...(to !== undefined && { lt: to }),
});

/**
 * The conditions of a filter of a read model.
 * @param timeZone of days that stand for instants
 * @returns `search`: the personal texts that are looked for, by field
 * @throws Refused `read/unknown-field`, `read/empty-range`, `read/no-currency`, `money/unknown-currency`, `time/…` with the path of the field
 */
export const conditionsOfFilter = (
  model: Pick<ReadModel, 'shown'>,
  filter: ListFilter,
  timeZone: string,
): { readonly where: Where; readonly search: Readonly<Record<string, string>> } => {
  const where: Record<string, readonly Condition[]> = {};
  const search: Record<string, string> = {};
  for (const [name, wanted] of Object.entries(filter)) {
    if (wanted === undefined) continue;
    const field = model.shown.fields[name];
    if (!field || (!field.options.filter && !field.options.search))
      throw new Refused('read/unknown-field', `There is no filter ${name}.`, `filter.${name}`);
    if (field.options.search) search[name] = wanted as string;
    else
      for (const [column, conditions] of fieldConditions(model, name, field, wanted, timeZone))
        where[column] = [...(where[column] ?? []), ...conditions];
  }
  return { where, search };
};

const fieldConditions = (
  model: Pick<ReadModel, 'shown'>,
  name: string,
  { kind, options }: Field,
  wanted: ListFilter[string],
  timeZone: string,
): [string, readonly Condition[]][] => {
  const column = options.anySpelling ? spellingKeyOf(name) : columnOf(model, name);
  if (options.list) {
    const { any, all = [] } = wanted as ItemsFilter;
    const keyOf = options.anySpelling ? wordKey : (text: string) => text;
    return [[column, [{ has: [...(any ? [any] : []), ...all.map((one) => [one])].map((texts) => texts.map(keyOf)) }]]];
  }
  if (kind === 'flag') return [[column, [{ eq: wanted as boolean }]]];
  if (['id', 'text', 'enum'].includes(kind))
    return [
      [column, [conditionOf(options.anySpelling ? byWordKey(wanted as ValueFilter) : (wanted as ValueFilter)) ?? {}]],
    ];
  const { from, to, min, max, currency, none } = wanted as RangeFilter;
  const path = `filter.${name}`;
  if (kind === 'instant' || kind === 'day') {
    const bound = (text: string | undefined, end: string) =>
      text === undefined || kind === 'day'
        ? text && dayOf(text, `${path}.${end}`)
        : boundOf(text, timeZone, `${path}.${end}`);
    const [first, last] = [bound(from, 'from'), bound(to, 'to')];
    if (first !== undefined && last !== undefined && first >= last)
      throw new Refused(
        'read/empty-range',
        `${name}.to must be later than ${name}.from; to is exclusive.`,
        `${path}.to`,
      );
    return [[column, [withNone(ends(first, last), none)]]];
  }
  if (min !== undefined && max !== undefined && min > max)
    throw new Refused('read/empty-range', `${name}.max must not be less than ${name}.min.`, `${path}.max`);
  if (kind === 'money' && currency === undefined && (min !== undefined || max !== undefined))
    throw new Refused('read/no-currency', `${name} needs a currency with min or max.`, `${path}.currency`);
  const range: Condition = { ...(min !== undefined && { gte: min }), ...(max !== undefined && { lte: max }) };
  if (kind !== 'money' || currency === undefined) return [[column, [withNone(range, none)]]];
  if (!isCurrency(currency)) throw unknownCurrency(currency, `${path}.currency`);
  // Rows without an amount have no currency either.
  const whole = Object.keys(range).length === 0 && none;
  return [
    [column, whole ? [] : [withNone(range, none)]],
    ['currency', [withNone({ eq: currency }, none)]],
  ];
};

/** Both conditions hold. */
export const bothWhere = (a: Where, b: Where): Where =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((column) => [
      column,
      [a[column] ?? [], b[column] ?? []].flat() as readonly Condition[],
    ]),
  );
