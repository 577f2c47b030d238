import { BEGINNING, END, periodOf, type AggregateGroup, type Instant, type PeriodArgs } from '@baton/kernel';
import { deals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { breakdownOf, whereOf, type DealBreakdown, type DealFilters } from '../../deals.rules';
import { monthsOf, type MonthPeriod } from '../../period.rules';
import { byKey } from '../../rows.rules';
import {
  contributions,
  emptyTally,
  addTallies,
  velocityRow,
  warningsOf,
  type Tally,
  type VelocityContribution,
  type VelocityRow,
} from './velocity.rules';

export interface VelocityArgs extends PeriodArgs {
  readonly by?: DealBreakdown;
  readonly filters?: DealFilters;
}
export interface Velocity {
  readonly total: VelocityRow;
  readonly rows: readonly VelocityRow[];
  readonly warnings: readonly string[];
}

/**
 * Pipeline velocity and its factors. The open deals are those at the end of the period; won, lost, average amount and
 * cycle count the deals that closed within it; a reopened deal counts as not closed. A deal that closed before it
 * opened has no cycle and is counted in a warning. Without a period: all closed deals, and those open now. By month:
 * one row per calendar month of the period in the zone, also empty months, each with the deals open at its end; other
 * breakdowns omit values without a deal. Rows are sorted by key, null first.
 * @throws Refused `insights/unknown-breakdown`, `time/unknown-zone`, `time/empty-period`, `insights/too-many-months`,
 *   `time/not-an-instant`
 */
export const velocity = async (models: ReadModels, args: VelocityArgs = {}): Promise<Velocity> => {
  const period = periodOf(args);
  const by = breakdownOf(args.by);
  const whole: MonthPeriod = { key: '', ...period };
  const months = by === 'month' ? monthsOf(period, ...(await boundsOfPeriod(models, args.filters))) : [];
  const segment = by === 'month' ? undefined : by;
  const groups = await countDeals(models, args.filters, [whole, ...months], segment);
  const total = tallyOf(groups, whole);
  const parts: (readonly [string | null, Tally])[] =
    by === 'month'
      ? months.map((month) => [month.key, tallyOf(groups, month)])
      : segment
        ? [...segmentsOf(groups)]
            .map(([key, own]) => [key, tallyOf(own, whole)] as const)
            .filter(([, { open, won, lost }]) => open + won + lost > 0)
        : [];
  return {
    total: velocityRow(null, total),
    rows: parts.map(([key, tally]) => velocityRow(key, tally)).sort(byKey),
    warnings: [
      ...warningsOf('total', total),
      ...parts.flatMap(([key, tally]) => warningsOf(key ?? `without ${segment}`, tally)).sort(),
    ],
  };
};

export interface VelocityChange {
  readonly a: VelocityRow;
  readonly b: VelocityRow;
  /** One per currency of either period, by code; [] if a period has no velocity. */
  readonly contributions: readonly VelocityContribution[];
  readonly warnings: readonly string[];
}

/**
 * Why the velocity changed from period A to period B: the contributions of the four levers, which sum to the change
 * exactly.
 * @throws Refused as `velocity`
 */
export const velocityChange = async (
  models: ReadModels,
  args: { readonly periodA: PeriodArgs; readonly periodB: PeriodArgs; readonly filters?: DealFilters },
): Promise<VelocityChange> => {
  const slices = [args.periodA, args.periodB].map((period, i): MonthPeriod => ({ key: 'AB'[i]!, ...periodOf(period) }));
  const groups = await countDeals(models, args.filters, slices);
  const [a, b] = slices.map((slice) => tallyOf(groups, slice)) as [Tally, Tally];
  return {
    a: velocityRow('A', a),
    b: velocityRow('B', b),
    contributions: contributions(a, b),
    warnings: [...warningsOf('A', a), ...warningsOf('B', b)],
  };
};

/** Deals grouped by the time slices of their opening and close; one query of the store serves all slices. */
interface DealCounts {
  readonly segment: string | null;
  readonly status: string;
  readonly currency: string | null;
  /** The last edge at or before the opening, and before the close; null: not closed. */
  readonly opened: Instant | null;
  readonly closed: Instant | null;
  readonly deals: number;
  readonly closedBeforeOpening: boolean;
  readonly amountMinor: bigint;
  readonly cycleMs: bigint;
}

const countDeals = async (
  models: ReadModels,
  filters: DealFilters | undefined,
  slices: readonly MonthPeriod[],
  segment?: string,
): Promise<DealCounts[]> => {
  const edges = [...new Set([BEGINNING, END, ...slices.flatMap(({ from, to }) => [from, to])])].sort();
  const groups = await models.aggregate(deals, {
    where: whereOf(filters),
    by: [
      'status',
      'currency',
      'closedBeforeOpening',
      { column: 'openedAt', edges },
      { column: 'closedAt', edges },
      ...(segment ? [segment] : []),
    ],
    measures: { deals: 'count', amountMinor: { sum: 'amountMinor' }, cycleMs: { sum: 'cycleMs' } },
  });
  return groups.map(({ keys: [status, currency, early, opened, closed, key = null], values }: AggregateGroup) => ({
    segment: key as string | null,
    status: status as string,
    currency: currency as string | null,
    closedBeforeOpening: early as boolean,
    opened: opened as Instant | null,
    closed: closed as Instant | null,
    deals: Number(values['deals']),
    amountMinor: BigInt(values['amountMinor']!),
    cycleMs: BigInt(values['cycleMs']!),
  }));
};

const segmentsOf = (groups: readonly DealCounts[]): Map<string | null, DealCounts[]> => {
  const segments = new Map<string | null, DealCounts[]>();
  for (const group of groups) segments.set(group.segment, [...(segments.get(group.segment) ?? []), group]);
  return segments;
};

const tallyOf = (groups: readonly DealCounts[], { from, to }: MonthPeriod): Tally =>
  groups.reduce<Tally>((tally, group) => {
    const { status, currency, opened, closed, deals: count, amountMinor, cycleMs, closedBeforeOpening } = group;
    const open = opened !== null && opened < to && (closed === null || closed >= to) ? count : 0;
    const within = closed !== null && closed >= from && closed < to;
    const won = within && status === 'won';
    return addTallies(tally, {
      open,
      won: won ? count : 0,
      lost: within && status === 'lost' ? count : 0,
      wonAmounts: new Map(won && currency !== null ? [[currency, { minor: amountMinor, deals: count }]] : []),
      cycleMs: won ? cycleMs : 0n,
      closedBeforeOpening: won && closedBeforeOpening ? count : 0,
    });
  }, emptyTally);

/** The first and last instant at which one of the deals opened or closed. */
const boundsOfPeriod = async (models: ReadModels, filters: DealFilters | undefined): Promise<[Instant?, Instant?]> => {
  const [group] = await models.aggregate(deals, {
    where: whereOf(filters),
    by: [],
    measures: {
      opened: { min: 'openedAt' },
      closed: { min: 'closedAt' },
      lastOpened: { max: 'openedAt' },
      lastClosed: { max: 'closedAt' },
    },
  });
  const among = (...names: string[]) => names.map((name) => group?.values[name]).filter((at) => typeof at === 'string');
  return [among('opened', 'closed').sort()[0], among('lastOpened', 'lastClosed').sort().at(-1)];
};
