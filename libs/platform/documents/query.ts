import { Refused, wholeNumberOf } from '@baton/kernel';
import type {
  Aggregation,
  Collection,
  ColumnType,
  Condition,
  FindOptions,
  AggregateGroup,
  Index,
  Measure,
  Order,
  Scalar,
  Where,
} from '@baton/kernel';
import { compareScalars, indexesOf, isComparable, signatureOf, typeOfColumn, type ColumnValue } from './columns';

/**
 * A checked condition. `ne` matches null unless its value is null, `notIn` matches it too; comparisons never match null;
 * `in` and `notIn` hold none.
 */
export type Clause =
  | { readonly all: readonly Clause[] }
  | { readonly any: readonly Clause[] }
  | { readonly column: string; readonly in: readonly Scalar[] }
  | { readonly column: string; readonly notIn: readonly Scalar[] }
  /** One of these tokens is there. */
  | { readonly column: string; readonly has: readonly string[] }
  | { readonly column: string; readonly op: Operator; readonly value: Scalar };
type Comparison = 'gt' | 'gte' | 'lt' | 'lte';
export type Operator = 'eq' | 'ne' | Comparison;
const MATCHES_NOTHING: Clause = { any: [] };

export interface FindPlan {
  /** Disjoint parts of the rows, one after the other in the order; each is one range of an index. */
  readonly parts: readonly Clause[];
  /** Ends with the id: a total order. */
  readonly order: readonly { readonly column: string; readonly descending: boolean }[];
  readonly limit: number;
  /** The same without parts: what matches, behind the row with these values of the order. */
  readonly matches: Clause;
  readonly after?: readonly Scalar[];
}
export interface AggregatePlan {
  readonly matches: Clause;
  readonly keys: readonly { readonly column: string; readonly type: ColumnType; readonly edges?: readonly string[] }[];
  readonly measures: readonly PlannedMeasure[];
}
export interface PlannedMeasure {
  readonly name: string;
  /** `high` and `low`: the sums of the two halves of whole numbers, `value = high × HALF + low`, 0 ≤ low < HALF. */
  readonly kind: 'count' | 'sum' | 'high' | 'low' | 'min' | 'max';
  /** '' for count. */
  readonly column: string;
}

/**
 * Checks conditions against the columns of a collection.
 * @throws Refused `documents/unknown-column`, `documents/unknown-condition`, `documents/wrong-type`
 */
export const planWhere = (collection: Collection, where: Where = {}): Clause => {
  signatureOf(collection);
  return {
    all: Object.entries(where).flatMap(([column, condition]) => {
      const type = typeOfColumn(collection, column);
      return [condition].flat().flatMap(({ orNull = false, ...conditions }: Condition) => {
        const clauses = Object.entries(conditions)
          .filter(([, value]) => value !== undefined)
          .map(([kind, value]) => planCondition(column, type, kind, value));
        return orNull && clauses.length > 0 ? [{ any: [{ all: clauses }, equalTo(column, null)] }] : clauses;
      });
    }),
  };
};

/** Lists of ids are long: one is looked up in, not walked for each row. */
const sets = new WeakMap<readonly Scalar[], ReadonlySet<Scalar>>();
const isAmong = (values: readonly Scalar[], value: Scalar): boolean => {
  let known = sets.get(values);
  if (!known) sets.set(values, (known = new Set(values)));
  return known.has(value);
};

/** Does a row match a checked condition? For rows in memory. */
export const matchesClause = (clause: Clause, valueOf: (column: string) => ColumnValue): boolean => {
  if ('all' in clause) return clause.all.every((one) => matchesClause(one, valueOf));
  if ('any' in clause) return clause.any.some((one) => matchesClause(one, valueOf));
  if ('has' in clause) {
    const tokens = valueOf(clause.column) as readonly string[];
    return clause.has.some((token) => tokens.includes(token));
  }
  const value = valueOf(clause.column) as Scalar;
  if ('in' in clause) return isAmong(clause.in, value);
  if ('notIn' in clause) return !isAmong(clause.notIn, value);
  if (clause.op === 'eq') return value === clause.value;
  if (clause.op === 'ne') return value !== clause.value;
  if (value === null) return false;
  const compared = compareScalars(value, clause.value);
  return { gt: compared > 0, gte: compared >= 0, lt: compared < 0, lte: compared <= 0 }[clause.op];
};

/** Nothing is sorted, grouped or measured by tokens. */
const scalarColumn = (collection: Collection, column: string): ColumnType => {
  const type = typeOfColumn(collection, column);
  if (type === 'tokens')
    throw new Refused(
      'documents/wrong-type',
      `${column} is a column of tokens; it can only be filtered with "has".`,
      column,
    );
  return type;
};

const planCondition = (column: string, type: ColumnType, kind: string, value: unknown): Clause => {
  const checked = (one: unknown): Scalar => {
    if (!isComparable(type, one))
      throw new Refused('documents/wrong-type', `${column} is of type ${type}.`, `${column}.${kind}`);
    return one as Scalar;
  };
  if ((type === 'tokens') !== (kind === 'has'))
    throw new Refused(
      'documents/wrong-type',
      `${column} is of type ${type}, which does not support the condition "${kind}".`,
      column,
    );
  switch (kind) {
    case 'has':
      return { all: (value as readonly (readonly string[])[]).map((has) => ({ column, has })) };
    case 'eq':
    case 'ne':
      return { column, op: kind, value: checked(value) };
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return comparisonOf(column, kind, checked(value));
    case 'in': {
      const values = (value as readonly unknown[]).map(checked);
      const known: Clause = { column, in: values.filter((one) => one !== null) };
      return values.includes(null) ? { any: [known, { column, op: 'eq', value: null }] } : known;
    }
    case 'notIn': {
      const values = (value as readonly unknown[]).map(checked);
      const known: Clause = { column, notIn: values.filter((one) => one !== null) };
      return values.includes(null) ? { all: [known, { column, op: 'ne', value: null }] } : known;
    }
    case 'prefix': {
      const prefix = checked(value);
      if (typeof prefix !== 'string')
        throw new Refused(
          'documents/wrong-type',
          `A prefix requires a text column; ${column} is of type ${type}.`,
          column,
        );
      const end = afterPrefix(prefix);
      const from: Clause = { column, op: 'gte', value: prefix };
      return end === undefined ? from : { all: [from, { column, op: 'lt', value: end }] };
    }
    default:
      throw new Refused('documents/unknown-condition', `There is no condition "${kind}".`, `${column}.${kind}`);
  }
};

const comparisonOf = (column: string, op: Comparison, value: Scalar): Clause =>
  value === null ? MATCHES_NOTHING : { column, op, value };

/** The smallest text above all that begin with the prefix; undefined when there is none. */
const afterPrefix = (prefix: string): string | undefined => {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters: their place in the order is skipped.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
};

/**
 * Checks a query and turns its cursor into conditions.
 * @throws Refused as `planWhere`, and `documents/bad-cursor`, `documents/bad-limit`
 */
export const planFind = (
  collection: Collection,
  { where, orderBy = [], after, limit = 100 }: FindOptions = {},
): FindPlan => {
  const wanted = planWhere(collection, where);
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new Refused('documents/bad-limit', 'limit must be a whole number of 0 or more.', 'limit');
  const columns = orderBy.map(({ column, descending = false }: Order) => ({
    column,
    descending,
    type: scalarColumn(collection, column),
  }));
  const order = [
    ...columns,
    { column: 'id', descending: columns.at(-1)?.descending ?? false, type: 'text' as ColumnType },
  ];
  if (!after) return { parts: [wanted], order, limit, matches: wanted };
  const last = [...after.values, after.id];
  if (last.length !== order.length || order.some(({ type }, i) => !isComparable(type, last[i] ?? null)))
    throw new Refused('documents/bad-cursor', 'after must be a cursor of a query with the same order.', 'after');
  // The rows that are equal up to the last column first, then those that are equal up to the one before, and so on.
  const parts = order.flatMap((_, i) => {
    const place = order.length - 1 - i;
    const { column, descending } = order[place]!;
    const equal = order.slice(0, place).map((earlier, j) => equalTo(earlier.column, last[j] ?? null));
    return beyond(column, descending, last[place] ?? null).map((clause): Clause => ({
      all: [wanted, ...equal, clause],
    }));
  });
  return { parts, order, limit, matches: wanted, after: last };
};

/** The columns that a condition holds to one value each. */
const equalColumns = (clause: Clause): readonly string[] => {
  if ('all' in clause) return clause.all.flatMap(equalColumns);
  const isEqual = ('op' in clause && clause.op === 'eq') || ('in' in clause && clause.in.length === 1);
  return isEqual ? [clause.column] : [];
};

/**
 * The index in which the rows that match are one range, in their order: it begins with every column that is held to one
 * value, at least two, and goes on with the order, in either direction. No other index reads fewer rows, whatever a store
 * counts or guesses of their values.
 */
export const exactIndexOf = (collection: Collection, order: FindPlan['order'], matches: Clause): Index | undefined => {
  const equal = new Set(equalColumns(matches));
  const wanted = order.filter(({ column }) => !equal.has(column));
  return indexesOf(collection).find((index) => {
    const known = index.findIndex(({ column }) => !equal.has(column));
    const prefix = index.slice(0, known < 0 ? index.length : known);
    const rest = [...index.slice(prefix.length), { column: 'id', descending: index.at(-1)?.descending ?? false }];
    return (
      prefix.length >= 2 &&
      [...equal].every((column) => prefix.some((one) => one.column === column)) &&
      rest.length === wanted.length &&
      [false, true].some((turned) =>
        rest.every(
          ({ column, descending = false }, place) =>
            column === wanted[place]!.column && descending === (wanted[place]!.descending !== turned),
        ),
      )
    );
  });
};

/** Reads the parts of a plan until there are as many rows as it asks for. */
export const findInParts = async <R>(
  { parts, limit }: FindPlan,
  read: (matches: Clause, limit: number) => Promise<readonly R[]>,
): Promise<readonly R[]> => {
  const rows: R[] = [];
  for (const part of parts) if (rows.length < limit) rows.push(...(await read(part, limit - rows.length)));
  return rows;
};

const equalTo = (column: string, value: Scalar): Clause => ({ column, op: 'eq', value });

/** The ranges of a column that follow a value, in their order; null is the smallest value. */
const beyond = (column: string, descending: boolean, value: Scalar): readonly Clause[] => {
  if (!descending) return [value === null ? { column, op: 'ne', value } : { column, op: 'gt', value }];
  return value === null ? [] : [{ column, op: 'lt', value }, equalTo(column, null)];
};

/** @throws Refused as `planWhere`, and `documents/bad-edges` for edges that do not rise */
export const planAggregate = (collection: Collection, { where, by, measures }: Aggregation): AggregatePlan => ({
  matches: planWhere(collection, where),
  keys: by.map((key) => {
    const column = typeof key === 'string' ? key : key.column;
    const type = scalarColumn(collection, column);
    if (typeof key === 'string') return { column, type };
    if (type !== 'text' && type !== 'instant')
      throw new Refused('documents/wrong-type', `${column} must be a column of instants.`, column);
    if (key.edges.some((edge, i) => i > 0 && compareScalars(key.edges[i - 1]!, edge) >= 0))
      throw new Refused('documents/bad-edges', `The edges of ${column} must be in ascending order.`, column);
    return { column, type, edges: key.edges };
  }),
  measures: Object.entries(measures).flatMap(([name, measure]) => planMeasure(collection, name, measure)),
});

/**
 * Whole numbers are summed in halves, for no store adds beyond 2^53 exactly: each half stays below it for 2^26 documents.
 */
export const HALF = 2 ** 27;

const planMeasure = (collection: Collection, name: string, measure: Measure): PlannedMeasure[] => {
  if (measure === 'count') return [{ name, kind: 'count', column: '' }];
  const [kind, column] = Object.entries(measure)[0] as ['sum' | 'min' | 'max', string];
  const type = scalarColumn(collection, column);
  if (type === 'flag' || (kind === 'sum' && (type === 'text' || type === 'instant')))
    throw new Refused('documents/wrong-type', `${column} is of type ${type}, which does not support ${kind}.`, name);
  if (kind === 'sum' && type === 'integer')
    return (['high', 'low'] as const).map((half) => ({ name: `${name} ${half}`, kind: half, column }));
  return [{ name, kind, column }];
};

/** The values of a group with the halves of its sums put together. */
const withWholeSums = (
  measures: readonly PlannedMeasure[],
  values: AggregateGroup['values'],
): AggregateGroup['values'] =>
  Object.fromEntries(
    measures.flatMap(({ name, kind }) => {
      if (kind === 'low') return [];
      if (kind !== 'high') return [[name, values[name] ?? null]];
      const sum = name.slice(0, -' high'.length);
      return [[sum, wholeNumberOf(BigInt(values[name] ?? 0) * BigInt(HALF) + BigInt(values[`${sum} low`] ?? 0))]];
    }),
  );

const emptyOf = { count: 0, sum: 0, high: 0, low: 0, min: null, max: null } as const;

/** Groups in the order of their keys, null first; without `by` one group, also over nothing. */
export const sortedGroups = (
  { keys, measures }: AggregatePlan,
  groups: readonly AggregateGroup[],
): readonly AggregateGroup[] => {
  if (keys.length === 0 && groups.length === 0)
    return [
      {
        keys: [],
        values: withWholeSums(measures, Object.fromEntries(measures.map(({ name, kind }) => [name, emptyOf[kind]]))),
      },
    ];
  const answered = groups.map((group) => ({ ...group, values: withWholeSums(measures, group.values) }));
  return answered.sort((a, b) => {
    for (let i = 0; i < keys.length; i++) {
      const compared = compareScalars(a.keys[i]!, b.keys[i]!);
      if (compared !== 0) return compared;
    }
    return 0;
  });
};
