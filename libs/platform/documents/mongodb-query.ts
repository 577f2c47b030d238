import type { Document as Bson } from 'mongodb';
import { HALF, type AggregatePlan, type Clause, type PlannedMeasure } from './query';

/** Where a column lies in a stored document. Names were checked before: no dots, no dollar signs. */
export const pathOf = (column: string): string => (column === 'id' ? '_id' : `c.${column}`);

/** Booleans come after numbers and texts, and none is ever measured. */
const ABOVE_ALL = true;
const NEVER: Bson = { _id: { $in: [] } };

/** As the stored value of a column is never missing, `$ne` and `$eq` treat null as the clause does. */
export const filterOf = (clause: Clause): Bson => {
  if ('all' in clause) return clause.all.length === 0 ? {} : { $and: clause.all.map(filterOf) };
  if ('any' in clause) return clause.any.length === 0 ? NEVER : { $or: clause.any.map(filterOf) };
  const path = pathOf(clause.column);
  if ('has' in clause) return { [path]: { $in: clause.has } };
  if ('notIn' in clause) return { [path]: { $nin: clause.notIn } };
  return 'in' in clause ? { [path]: { $in: clause.in } } : { [path]: { [`$${clause.op}`]: clause.value } };
};

/** The `$group` stage of a plan: keys k0, k1 … in `_id`, measures m0, m1 … */
export const groupOf = ({ keys, measures }: AggregatePlan): Bson => ({
  _id: keys.length === 0 ? null : Object.fromEntries(keys.map((key, i) => [`k${i}`, keyOf(key)])),
  ...Object.fromEntries(measures.map((measure, i) => [`m${i}`, measureOf(measure)])),
});

/** Null is below every edge, as is what comes before the first. */
const keyOf = ({ column, edges }: AggregatePlan['keys'][number]): unknown => {
  const value = `$${pathOf(column)}`;
  if (!edges) return value;
  if (edges.length === 0) return null;
  return {
    $switch: {
      branches: edges.map((edge, i) => ({
        case: { $lt: [value, { $literal: edge }] },
        then: i === 0 ? null : { $literal: edges[i - 1] },
      })),
      default: null,
    },
  };
};

/**
 * `$sum` and `$max` pass over null. So does `$min` of MongoDB itself, but not of every server that speaks its protocol:
 * there null is the smallest value. It is replaced by what is above all numbers and texts; see `measuredOf`.
 */
const measureOf = ({ kind, column }: PlannedMeasure): Bson => {
  const value = `$${pathOf(column)}`;
  if (kind === 'count') return { $sum: 1 };
  const high = { $floor: { $divide: [value, HALF] } };
  if (kind === 'high') return { $sum: high };
  if (kind === 'low') return { $sum: { $subtract: [value, { $multiply: [high, HALF] }] } };
  return { [`$${kind}`]: kind === 'min' ? { $ifNull: [value, ABOVE_ALL] } : value };
};

/** What a group says of a measure; a minimum of nothing but null is null. */
export const measuredOf = (value: unknown): number | string | null =>
  value === ABOVE_ALL || value === undefined ? null : (value as number | string | null);
