import {
  withContributions,
  type Contribution,
  type Fields,
  type Instant,
  type ObjectOf,
  type ReadModel,
} from '@baton/kernel';
import type { ContributedValues, ReadModels } from './documents';

/** What documents are given, by id; an error is the answer of each of its fields. */
type SomeValues<V> = ReadonlyMap<string, V | Error>;
/**
 * Declares what a context contributes to a read model, its own or that of an earlier one: fields of its nodes, and with
 * `filter` and `sort` filters, orders and, of enumerations, facets of its lists.
 * @param declared `some`: the values of some documents by their ids, one call for all nodes of a level; `all`: the columns
 *   of every document, if there are filters or orders. Both for the instant of the question: of `asOf`, or of the first page
 *   of a walk through a list
 * @throws Error as `withContributions`
 */
export const contribute = <D extends object, F extends Fields>(
  to: ReadModel<D>,
  declared: {
    readonly fields: F;
    readonly some: (
      models: ReadModels,
      documents: ReadonlyMap<string, D>,
      at: Instant,
    ) => Promise<SomeValues<ObjectOf<F>>>;
    readonly all?: (models: ReadModels, at: Instant) => Promise<ContributedValues>;
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
  documents: ReadonlyMap<string, object>,
  at: Instant,
): Promise<SomeValues<Readonly<Record<string, unknown>>>> =>
  (some as (...args: unknown[]) => ReturnType<typeof someContributed>)(models, documents, at);
/** The contributed columns of every document, of those that give them. */
export const allContributed = async (
  contributions: readonly Contribution[],
  models: ReadModels,
  at: Instant,
): Promise<readonly ContributedValues[]> =>
  Promise.all(
    contributions.flatMap(({ all }) => (all ? [(all as (...args: unknown[]) => ContributedValues)(models, at)] : [])),
  );
