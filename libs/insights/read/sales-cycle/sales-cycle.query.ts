import { monthOf, periodOf, toMs, type PeriodArgs } from '@baton/kernel';
import { journeys } from '@baton/attribution';
import type { ReadModels } from '@baton/platform/documents';
import { breakdownOf, whereOf, type DealBreakdown, type DealFilters } from '../../deals.rules';
import { byKey } from '../../rows.rules';
import { durationStatisticsOf, type DurationStatistics } from './sales-cycle.rules';

export interface SalesCycleArgs extends PeriodArgs {
  readonly by?: DealBreakdown;
  readonly filters?: Omit<DealFilters, 'account'>;
}
export interface SalesCycleRow extends DurationStatistics {
  /** The product, owner, source or month of the win; null for deals without one, and for the total. */
  readonly key: string | null;
  /** Won deals with a first contact; the durations are those of these deals. */
  readonly deals: number;
  /** Won deals without any contact. */
  readonly withoutContact: number;
  /** Won deals whose first contact is later than the win: they have no duration, and a warning counts them. */
  readonly wonBeforeContact: number;
}
export interface SalesCycle {
  readonly total: SalesCycleRow;
  readonly rows: readonly SalesCycleRow[];
  /** Percentiles are exact, not estimated by a sketch. */
  readonly percentiles: 'exact';
  readonly warnings: readonly string[];
}

/**
 * Sales cycle length: from the first contact with any person of a deal to its win, over the deals won in the period. A
 * deal won before its first contact has no duration and is counted in a warning. Rows are sorted by key, null first.
 * @throws Refused `insights/unknown-breakdown`, `time/unknown-zone`, `time/empty-period`, `time/not-an-instant`
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
  const answered = [...rows.values()].map((row) => row.row()).sort(byKey);
  const warnings = [all.row(), ...answered].flatMap((row, index) =>
    warningsOf(index === 0 ? 'total' : (row.key ?? `without ${by}`), row),
  );
  return { total: all.row(), rows: answered, percentiles: 'exact', warnings };
};

const warningsOf = (name: string, { wonBeforeContact, deals }: SalesCycleRow): string[] =>
  wonBeforeContact > 0
    ? [
        `${name}: ${wonBeforeContact} of ${wonBeforeContact + deals} deals were won before their first contact; they are left out.`,
      ]
    : [];

class Durations {
  private readonly ms: number[] = [];
  private withoutContact = 0;
  private wonBeforeContact = 0;
  constructor(private readonly key: string | null) {}
  add(ms: number | undefined): void {
    if (ms === undefined) this.withoutContact++;
    else if (ms < 0) this.wonBeforeContact++;
    else this.ms.push(ms);
  }
  row(): SalesCycleRow {
    const { key, withoutContact, wonBeforeContact } = this;
    return { key, deals: this.ms.length, withoutContact, wonBeforeContact, ...durationStatisticsOf(this.ms) };
  }
}
