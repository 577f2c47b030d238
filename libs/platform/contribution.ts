import {
  withContributions,
  type Contribution,
  type Fields,
  type Instant,
  type ObjectOf,
  type ReadModel,
} from '@baton/kernel';
import type { ContributedValues, ReadModels } from './documents';

/**
 * Declares what a context contributes to a read model of an earlier one: fields of its nodes, and with `filter` and `sort`
 * filters, orders and, of enumerations, facets of its lists.
 * @param declared `some`: the values of some documents by their ids, one call for all nodes of a level; `all`: the columns
 *   of every document. Both for the instant of the question: of `asOf`, or of the first page of a walk through a list
 * @throws Error when two fields have one name, or for a filter or an order by what is no number and no enumeration
 */
export const contribute = <F extends Fields>(
  to: ReadModel,
  declared: {
    readonly fields: F;
    readonly some: (
      models: ReadModels,
      ids: readonly string[],
      at: Instant,
    ) => Promise<ReadonlyMap<string, ObjectOf<F>>>;
    readonly all: (models: ReadModels, at: Instant) => Promise<ContributedValues>;
  },
): Contribution => {
  const contribution = { to, ...declared } as unknown as Contribution;
  withContributions(to, [contribution]);
  return contribution;
};

/** The contributed values of some documents, by their ids. */
export const someContributed = (
  { some }: Contribution,
  models: ReadModels,
  ids: readonly string[],
  at: Instant,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> =>
  (some as (...args: unknown[]) => ReturnType<typeof someContributed>)(models, ids, at);
/** The contributed columns of every document. */
export const allContributed = ({ all }: Contribution, models: ReadModels, at: Instant): Promise<ContributedValues> =>
  (all as (...args: unknown[]) => ReturnType<typeof allContributed>)(models, at);
