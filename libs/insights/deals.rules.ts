import { conditionsOf, Refused, type ValueFilter, type Where } from '@baton/kernel';

/** The breakdowns of a report over deals; the month is that of the close. */
export const dealBreakdowns = ['product', 'owner', 'source', 'month'] as const;
export type DealBreakdown = (typeof dealBreakdowns)[number];

/**
 * Validates a breakdown; undefined for none.
 * @throws Refused `insights/unknown-breakdown`
 */
export const breakdownOf = (by: string | null | undefined): DealBreakdown | undefined => {
  if (!by) return undefined;
  const known = dealBreakdowns.find((one) => one === by);
  if (!known) throw new Refused('insights/unknown-breakdown', `by must be one of ${dealBreakdowns.join(', ')}.`, 'by');
  return known;
};

/** Only the deals that have all of these values. A currency leaves out deals without an amount. */
export interface DealFilters {
  readonly product?: string | ValueFilter;
  readonly owner?: string | ValueFilter;
  readonly source?: string | ValueFilter;
  readonly account?: string | ValueFilter;
  readonly currency?: string;
}

/** The filters as conditions on the columns of the same names; absent filters restrict nothing. */
export const whereOf = (filters: DealFilters | undefined, names: readonly (keyof DealFilters)[] = noFilter): Where =>
  conditionsOf(Object.fromEntries(names.map((name) => [name, filters?.[name]])));
const noFilter = ['product', 'owner', 'source', 'account', 'currency'] as const;
