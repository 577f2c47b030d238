import { monthOf, type Instant } from '@baton/kernel';

/** Breakdowns of reports about handoffs and their clocks; several at once. */
export const reportBreakdowns = ['month', 'queue', 'rep', 'definition'] as const;
export type ReportBreakdown = (typeof reportBreakdowns)[number];

/** The values of one group; a breakdown that was not requested is absent, an unknown value null. */
export type GroupKey = { readonly [B in ReportBreakdown]?: string | null };
export interface GroupableRow extends Record<Exclude<ReportBreakdown, 'month'>, string | null> {
  /** The instant that decides the month. */
  readonly at: Instant;
}

/** The breakdowns in a fixed order, each once. */
const ordered = (by: readonly ReportBreakdown[]): ReportBreakdown[] =>
  reportBreakdowns.filter((breakdown) => by.includes(breakdown));

export const groupOf = (row: GroupableRow, by: readonly ReportBreakdown[], zone: string): GroupKey =>
  Object.fromEntries(ordered(by).map((each) => [each, each === 'month' ? monthOf(row.at, zone) : row[each]]));

/** Items by group, in the order of the groups: by code units, unknown values first. */
export class Groups<T> {
  private readonly found = new Map<string, { readonly key: GroupKey; readonly of: T }>();
  constructor(private readonly make: () => T) {}

  at(key: GroupKey): T {
    const name = JSON.stringify(key);
    const known = this.found.get(name) ?? { key, of: this.make() };
    this.found.set(name, known);
    return known.of;
  }

  sorted(): { readonly key: GroupKey; readonly of: T }[] {
    const compare = (a: GroupKey, b: GroupKey): number => {
      for (const each of reportBreakdowns) {
        const [one, other] = [a[each] ?? null, b[each] ?? null];
        if (one !== other) return one === null || (other !== null && one < other) ? -1 : 1;
      }
      return 0;
    };
    return [...this.found.values()].sort((a, b) => compare(a.key, b.key));
  }
}
