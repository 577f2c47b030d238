import type { Scalar } from '@baton/kernel';
import type { SqliteValue } from '../sqlite';
import type { AggregatePlan, Clause, Operator, PlannedMeasure } from './query';

/** A piece of SQL and the values of its parameters. Names in it were checked before; values are never part of it. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

export const tableOf = ({ name }: { readonly name: string }): string => `"documents-${name}"`;
export const indexOf = ({ name }: { readonly name: string }, column: string): string => `"${name}.${column}"`;
/** The prefix keeps columns of documents apart from our own. */
export const nameOf = (column: string): string => (column === 'id' ? 'id' : `"c_${column}"`);
export const bound = (value: Scalar): SqliteValue => (typeof value === 'boolean' ? Number(value) : value);

const operators: Readonly<Record<Operator, string>> = {
  eq: 'IS',
  ne: 'IS NOT',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
};

export const whereSql = (clause: Clause): Sql => {
  if ('all' in clause) return joined(clause.all, ' AND ', 'TRUE');
  if ('any' in clause) return joined(clause.any, ' OR ', 'FALSE');
  const name = nameOf(clause.column);
  if ('in' in clause)
    return { sql: `${name} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(clause.in)] };
  return { sql: `${name} ${operators[clause.op]} ?`, values: [bound(clause.value)] };
};

const joined = (clauses: readonly Clause[], by: string, empty: string): Sql => {
  const parts = clauses.map(whereSql);
  return {
    sql: parts.length === 0 ? empty : `(${parts.map(({ sql }) => sql).join(by)})`,
    values: parts.flatMap(({ values }) => values),
  };
};

/** A column, or the lower edge of the bucket that its value falls in. Comparing null is never true, so null is null. */
export const keySql = ({ column, edges }: AggregatePlan['keys'][number]): Sql => {
  const name = nameOf(column);
  if (!edges) return { sql: name, values: [] };
  if (edges.length === 0) return { sql: 'NULL', values: [] };
  const buckets = edges.slice(1).map(() => `WHEN ${name} < ? THEN ?`);
  return {
    sql: `CASE WHEN ${name} < ? THEN NULL ${buckets.join(' ')} END`,
    values: [edges[0]!, ...edges.slice(1).flatMap((edge, i) => [edge, edges[i]!])],
  };
};

export const measureSql = ({ kind, column }: PlannedMeasure): string => {
  if (kind === 'count') return 'count(*)';
  return kind === 'sum' ? `ifnull(sum(${nameOf(column)}), 0)` : `${kind}(${nameOf(column)})`;
};
