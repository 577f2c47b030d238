import type { Where } from '@baton/kernel';

/** Only the deals that have all of these values. A currency leaves out deals without an amount. */
export interface DealFilters {
  readonly product?: string;
  readonly owner?: string;
  readonly source?: string;
  readonly account?: string;
  readonly currency?: string;
}

/** The filters as conditions on columns of the same names; absent ones restrict nothing. */
export const whereOf = (filters: DealFilters | undefined, names: readonly (keyof DealFilters)[] = all): Where =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = filters?.[name];
      return value === undefined || value === null ? [] : [[name, { eq: value }]];
    }),
  );
const all = ['product', 'owner', 'source', 'account', 'currency'] as const;
