import type { Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { deals } from '../deals/deals.read-model';
import { supportRequests } from './support-requests.projection';

export interface ServedDeals {
  /** Deals won in the period. */
  readonly won: number;
  /** Won deals for which marketing had delivered something by the win. */
  readonly served: number;
  /** One row per supported deal, latest win first; then by id. */
  readonly deals: readonly {
    readonly opportunityId: string;
    readonly wonAt: Instant;
    /** The requests delivered by the win, first delivery first. */
    readonly supportIds: readonly string[];
  }[];
}

/**
 * Won deals that marketing supported: something was delivered at or before the win. Later deliveries do not count.
 * @param period deals won in [from, to); all if absent
 */
export const servedDeals = async (
  models: ReadModels,
  { from, to }: { readonly from?: Instant; readonly to?: Instant } = {},
): Promise<ServedDeals> => {
  const closedAt = { ...(from && { gte: from }), ...(to && { lt: to }) };
  const won = await models.count(deals, { status: { eq: 'won' }, ...((from || to) && { closedAt }) });
  const delivered = new Map<string, { readonly supportId: string; readonly at: Instant }[]>();
  const first = [{ column: 'deliveredAt' }];
  for await (const page of models.pages(supportRequests, { deliveredAt: { ne: null } }, first))
    for (const { doc } of page) {
      const { opportunityId, supportId, deliveredAt } = doc;
      if (!delivered.has(opportunityId)) delivered.set(opportunityId, []);
      delivered.get(opportunityId)!.push({ supportId, at: deliveredAt! });
    }
  const supported = await models.getMany(deals, [...delivered.keys()]);
  const served = [...supported.values()]
    .flatMap(({ opportunityId, status, closedAt: wonAt }) => {
      if (status !== 'won' || wonAt === null || (from && wonAt < from) || (to && wonAt >= to)) return [];
      const inTime = delivered.get(opportunityId)!.filter(({ at }) => at <= wonAt);
      return inTime.length === 0
        ? []
        : [{ opportunityId, wonAt, supportIds: inTime.map(({ supportId }) => supportId) }];
    })
    .sort((a, b) => (a.wonAt === b.wonAt ? (a.opportunityId < b.opportunityId ? -1 : 1) : a.wonAt > b.wonAt ? -1 : 1));
  return { won, served: served.length, deals: served };
};
