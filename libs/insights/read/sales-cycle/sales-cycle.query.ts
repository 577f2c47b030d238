import { monthOf, periodOf, toMs, type PeriodArgs } from '@baton/kernel';
import { journeys } from '@baton/attribution';
import type { ReadModels } from '@baton/platform/documents';
import { breakdownOf, whereOf, type DealBreakdown, type DealFilters } from '../../deals.rules';
import { byKey } from '../../rows.rules';
import { spreadOf, type Spread } from './sales-cycle.rules';

export interface SalesCycleArgs extends PeriodArgs {
  readonly by?: DealBreakdown;
  readonly filters?: Omit<DealFilters, 'account'>;
}
export interface SalesCycleRow extends Spread {
  /** The product, owner, source or month of the win; null for deals without one, and for the total. */
  readonly key: string | null;
  /** Won deals with a first contact; the days are theirs. */
  readonly deals: number;
  /** Won deals that nobody was in contact with. */
  readonly withoutContact: number;
}
export interface SalesCycle {
  readonly total: SalesCycleRow;
  readonly rows: readonly SalesCycleRow[];
  /** Percentiles come from all values, not from a sketch. */
  readonly percentiles: 'exact';
}

/**
 * Sales cycle length: from the first contact with anyone of a deal to its win, over the deals won in the period. A
 * deal won before its first contact counts with its negative duration. Rows are sorted by key, null first.
 * @throws Refused `insights/unknown-breakdown`, `time/unknown-zone`, `time/empty-period`,
 *   `time/not-an-instant`
 */
export const salesCycle = async (models: ReadModels, args: SalesCycleArgs = {}): Promise<SalesCycle> => {
  const { from, to, timeZone } = periodOf(args);
  const by = breakdownOf(args.by);
  const where = {
    ...whereOf(args.filters, ['product', 'owner', 'source', 'currency']),
    outcome: { eq: 'won' },
    status: { eq: 'closed' },
    closedAt: { gte: from, lt: to },
  };
  const all = new Durations(null);
  const rows = new Map<string | null, Durations>();
  for await (const page of models.pages(journeys, where))
    for (const { doc } of page) {
      const ms = doc.firstContactAt ? toMs(doc.closedAt) - toMs(doc.firstContactAt) : undefined;
      all.add(ms);
      if (!by) continue;
      const key = by === 'month' ? monthOf(doc.closedAt, timeZone) : (doc[by] ?? null);
      if (!rows.has(key)) rows.set(key, new Durations(key));
      rows.get(key)!.add(ms);
    }
  return { total: all.row(), rows: [...rows.values()].map((row) => row.row()).sort(byKey), percentiles: 'exact' };
};

class Durations {
  private readonly ms: number[] = [];
  private withoutContact = 0;
  constructor(private readonly key: string | null) {}
  add(ms: number | undefined): void {
    if (ms === undefined) this.withoutContact++;
    else this.ms.push(ms);
  }
  row(): SalesCycleRow {
    return { key: this.key, deals: this.ms.length, withoutContact: this.withoutContact, ...spreadOf(this.ms) };
  }
}
