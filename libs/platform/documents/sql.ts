import type { Collection, ColumnType, Index, Position, Scalar } from '@baton/kernel';
import type { SqliteValue } from '../sqlite';
import type { ColumnValue } from './columns';
import { columnOfInstant, instantOfColumn, leastColumnFrom } from './stored-instants';
import {
  exactIndexOf,
  HALF,
  type AggregatePlan,
  type Clause,
  type FindPlan,
  type Operator,
  type PlannedMeasure,
} from './query';

/** A piece of SQL and the values of its parameters. Names in it were checked before; values are never part of it. */
export interface SqlFragment {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

export const tableOf = ({ name }: { readonly name: string }): string => `"documents-${name}"`;
export const indexNameOf = ({ name }: { readonly name: string }, index: Index): string =>
  `"${name}.${index.map(({ column, descending }) => `${column}${descending ? '-' : ''}`).join('.')}"`;
/** The prefix keeps columns of documents apart from our own. */
export const columnNameOf = (column: string): string => (column === 'id' ? 'id' : `"c_${column}"`);
/** Tokens are bound as a JSON list. */
export const sqlValueOf = (value: ColumnValue, type?: ColumnType): SqliteValue => {
  if (typeof value === 'boolean') return Number(value);
  if (type === 'instant' && typeof value === 'string') return columnOfInstant(value)!;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as SqliteValue);
};
/** Which documents have a token, by column. */
export const tokensTableOf = ({ name }: { readonly name: string }): string => `"tokens-${name}"`;

const operators: Readonly<Record<Operator, string>> = {
  eq: 'IS',
  ne: 'IS NOT',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
};

/** Names and types that a piece of SQL needs. */
type Columns = Pick<Collection, 'name' | 'columns'>;
export const whereSql = (clause: Clause, of: Columns): SqlFragment => {
  if ('all' in clause) return joinClauses(clause.all, of, ' AND ', 'TRUE');
  if ('any' in clause) return joinClauses(clause.any, of, ' OR ', 'FALSE');
  if ('has' in clause)
    return {
      sql: `id IN (SELECT id FROM ${tokensTableOf(of)} WHERE field = ? AND token IN (SELECT value FROM json_each(?)))`,
      values: [clause.column, JSON.stringify(clause.has)],
    };
  const name = columnNameOf(clause.column);
  const isInstant = of.columns[clause.column] === 'instant';
  const listed = (values: readonly Scalar[]) =>
    JSON.stringify(isInstant ? values.flatMap((value) => columnOfInstant(value as string) ?? []) : values);
  if ('in' in clause) return { sql: `${name} IN (SELECT value FROM json_each(?))`, values: [listed(clause.in)] };
  if ('notIn' in clause)
    return {
      sql: `(${name} IS NULL OR ${name} NOT IN (SELECT value FROM json_each(?)))`,
      values: [listed(clause.notIn)],
    };
  if (isInstant && clause.value !== null) return instantSql(name, clause.op, clause.value as string);
  return { sql: `${name} ${operators[clause.op]} ?`, values: [sqlValueOf(clause.value)] };
};
const instantSql = (name: string, op: Operator, text: string): SqlFragment => {
  const value = columnOfInstant(text);
  if (value !== undefined) return { sql: `${name} ${operators[op]} ?`, values: [value] };
  // No instant is this text: those from the next one on are greater, the others less.
  if (op === 'eq' || op === 'ne') return { sql: op === 'eq' ? 'FALSE' : 'TRUE', values: [] };
  return { sql: `${name} ${op.startsWith('g') ? '>=' : '<'} ?`, values: [leastColumnFrom(text)] };
};

const joinClauses = (clauses: readonly Clause[], of: Columns, by: string, empty: string): SqlFragment => {
  const parts = clauses.map((clause) => whereSql(clause, of));
  return {
    sql: parts.length === 0 ? empty : `(${parts.map(({ sql }) => sql).join(by)})`,
    values: parts.flatMap(({ values }) => values),
  };
};

/** The query for a part of a plan; its last parameter is the limit. */
export const findSql = (
  { order }: Pick<FindPlan, 'order'>,
  matches: Clause,
  of: Collection,
  selected = 'id, position, doc',
): SqlFragment => {
  const where = whereSql(matches, of);
  const index = exactIndexOf(of, order, matches);
  const by = order.map(({ column, descending }) => `${columnNameOf(column)}${descending ? ' DESC' : ''}`).join(', ');
  return {
    sql: `SELECT ${selected} FROM ${tableOf(of)}${index ? ` INDEXED BY ${indexNameOf(of, index)}` : ''} WHERE ${where.sql} ORDER BY ${by} LIMIT ?`,
    values: where.values,
  };
};

/** A column, or the lower edge of the bucket that its value falls in. Comparing null is never true, so null is null. */
export const keySql = ({ column, type, edges }: AggregatePlan['keys'][number]): SqlFragment => {
  const name = columnNameOf(column);
  if (!edges) return { sql: name, values: [] };
  if (edges.length === 0) return { sql: 'NULL', values: [] };
  const bound = (edge: string): SqliteValue => (type === 'instant' ? leastColumnFrom(edge) : edge);
  const buckets = edges.slice(1).map(() => `WHEN ${name} < ? THEN ?`);
  return {
    sql: `CASE WHEN ${name} < ? THEN NULL ${buckets.join(' ')} END`,
    values: [bound(edges[0]!), ...edges.slice(1).flatMap((edge, i) => [bound(edge), edges[i]!])],
  };
};
/** What a row has of a key or a measure of a column, as the column’s values are. */
export const scalarOf = (value: string | number | null, type: ColumnType | undefined): Scalar => {
  if (type === 'flag' && value !== null) return value === 1;
  return type === 'instant' ? instantOfColumn(value) : value;
};

export const measureSql = ({ kind, column }: PlannedMeasure): string => {
  if (kind === 'count') return 'count(*)';
  const name = columnNameOf(column);
  if (kind === 'min' || kind === 'max') return `${kind}(${name})`;
  const summed = { sum: name, high: `${name} >> ${Math.log2(HALF)}`, low: `${name} & ${HALF - 1}` }[kind];
  return `ifnull(sum(${summed}), 0)`;
};

/** A collection that does not exist reads as empty, also when another process drops it just now. */
export const emptyWithoutTable = <R>(sql: string, read: (sql: string) => R[]): R[] => {
  try {
    return read(sql);
  } catch (error) {
    if (/no such table: (documents|tokens)-/.test(String(error))) return [];
    // Written by another version of Baton, which did not have this index.
    if (/no such index/.test(String(error))) return emptyWithoutTable(sql.replace(/ INDEXED BY "[^"]*"/, ''), read);
    throw error;
  }
};

/** The positions of the embedded log are numbers of 16 digits; in the file they take a third of that. */
export const storedPosition = (position: Position): SqliteValue =>
  /^\d{16}$/.test(position) ? Number(position) : position;
export const positionOf = (stored: SqliteValue): Position =>
  typeof stored === 'number' ? String(stored).padStart(16, '0') : (stored as Position);
