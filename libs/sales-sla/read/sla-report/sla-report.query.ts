import { quantile, toMs, zoneOf, type Instant } from '@baton/kernel';
import { ErasedCount, erasedLeads, type ErasedLeads } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { handoffReport, type HandoffReport } from '../rejections/handoff-report.query';
import { boardClockOf, whereClocks, type BoardClock, type ClockFilters } from '../sla-board/sla-board.query';
import { mergedWithOpenClocks, slaClocks } from '../sla-board/sla-clocks.read-model';
import { groupOf, Groups, type GroupKey, type ReportBreakdown } from './grouping.rules';

export interface SlaQuestion extends Omit<ClockFilters, 'leadId'> {
  readonly by?: readonly ReportBreakdown[];
  /** IANA zone of the months; UTC by default. */
  readonly timeZone?: string;
  /** Now: decides what is overdue. */
  readonly at: Instant;
}
export interface SlaRow {
  readonly group: GroupKey;
  readonly kind: string;
  /** Obligations due in the period: met + met late + breached + pending. */
  readonly due: number;
  readonly met: number;
  readonly metLate: number;
  /** Not answered on time, nor since. */
  readonly breached: number;
  /** Not due yet, and not answered. */
  readonly pending: number;
  /** Cancelled before they were due; not counted in `due`. */
  readonly cancelled: number;
  /** Their leads are merged into others; not counted in `due`. */
  readonly waiting: number;
  /** Erased people among the leads of all these obligations, cancelled ones included. */
  readonly erased: number;
  /** Met / (met + met late + breached), by when events occurred; null if none has ended. */
  readonly share: number | null;
  /** Met late or breached, by when events occurred; and by when they were recorded. */
  readonly missed: number;
  readonly missedAsKnown: number;
  /** Breached at first; an answer on time was recorded later. */
  readonly recordedLate: number;
  /**
   * From the start to the answer on the wall clock, over those answered; null without answers. Exact, not estimated by
   * a sketch.
   */
  readonly medianResponseMs: number | null;
  readonly p90ResponseMs: number | null;
  /** The same on the clock of each obligation: business time if the policy counts it, without pauses. */
  readonly medianCountedMs: number | null;
  readonly p90CountedMs: number | null;
}
export interface SlaReport {
  /** One row per kind of obligation. */
  readonly total: readonly SlaRow[];
  /** One row per group and kind; by the month in which they are due. */
  readonly rows: readonly SlaRow[];
  /** Warnings about the figures. */
  readonly warnings: readonly string[];
  /** The handoffs of the period in the same breakdown, by the month in which they were made. */
  readonly handoffs: HandoffReport;
  readonly at: Instant;
}

class ObligationTotals {
  private readonly states: Record<BoardClock['state'], number> = {
    ...{ running: 0, 'at risk': 0, breached: 0, paused: 0, waiting: 0, met: 0, 'met late': 0, cancelled: 0 },
  };
  private readonly responses: number[] = [];
  private readonly counted: number[] = [];
  private recordedLate = 0;
  /** Answers dated before their clock started: they have no duration. */
  answeredBefore = 0;
  private missedAsKnown = 0;
  private readonly erased: ErasedCount;

  constructor(erased: ErasedLeads) {
    this.erased = new ErasedCount(erased);
  }

  add({ leadId, state, knownState, startedAt, metAt, countedMs }: BoardClock): void {
    this.states[state]++;
    this.erased.add(leadId);
    if (state === 'met' && knownState === 'breached') this.recordedLate++;
    if (state !== 'cancelled' && (knownState === 'breached' || knownState === 'met late')) this.missedAsKnown++;
    if (metAt === undefined || (state !== 'met' && state !== 'met late')) return;
    if (metAt < startedAt) this.answeredBefore++;
    else {
      this.responses.push(toMs(metAt) - toMs(startedAt));
      this.counted.push(countedMs!);
    }
  }

  row(group: GroupKey, kind: string): SlaRow {
    const { met, 'met late': metLate, breached, running, 'at risk': risky, cancelled, waiting } = this.states;
    const pending = running + risky;
    const ended = met + metLate + breached;
    const [response, counted] = [this.responses, this.counted].map((durations) => {
      const sorted = [...durations].sort((a, b) => a - b);
      return (share: number) => (sorted.length === 0 ? null : quantile(sorted, share));
    });
    return {
      ...{ group, kind, due: ended + pending, met, metLate, breached, pending, cancelled, waiting },
      ...{ share: ended === 0 ? null : met / ended, missed: metLate + breached },
      erased: this.erased.count,
      ...{ missedAsKnown: this.missedAsKnown, recordedLate: this.recordedLate },
      ...{ medianResponseMs: response!(0.5), p90ResponseMs: response!(0.9) },
      ...{ medianCountedMs: counted!(0.5), p90CountedMs: counted!(0.9) },
    };
  }
}
const warningsOf = (groups: Groups<Map<string, ObligationTotals>>): string[] =>
  groups.sorted().flatMap(({ of }) =>
    [...of]
      .filter(([, { answeredBefore }]) => answeredBefore > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([kind, { answeredBefore }]) =>
          `${kind}: ${answeredBefore} answers are dated before the start; response times leave them out`,
      ),
  );
const rowsOf = (groups: Groups<Map<string, ObligationTotals>>): SlaRow[] =>
  groups
    .sorted()
    .flatMap(({ key, of }) => [...of].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, sum]) => sum.row(key, kind)));

/**
 * Obligations of sales due in a period and their results, by kind; and for the handoffs made in it the dispositions,
 * the contacts before a negative outcome and the leads in limbo. An obligation belongs to the instant by which an
 * answer was required: its due time, or an earlier time of giving up.
 * @throws Refused `time/unknown-zone`
 */
export const slaReport = async (
  models: ReadModels,
  { by = [], timeZone, at, ...filters }: SlaQuestion,
): Promise<SlaReport> => {
  const zone = zoneOf(timeZone);
  const [merged, erased] = [await mergedWithOpenClocks(models), await erasedLeads(models)];
  const make = () => new Map<string, ObligationTotals>();
  const [total, groups] = [new Groups(make), new Groups(make)];
  const sumOf = (kinds: Map<string, ObligationTotals>, kind: string): ObligationTotals => {
    const sum = kinds.get(kind) ?? new ObligationTotals(erased);
    kinds.set(kind, sum);
    return sum;
  };
  // A paused clock has no due instant yet, so it belongs to no period.
  const where = { answerBy: { ne: null }, ...whereClocks(filters) };
  for await (const page of models.pages(slaClocks, where))
    for (const { doc } of page) {
      const clock = boardClockOf(doc, at, merged);
      sumOf(total.at({}), clock.kind).add(clock);
      if (by.length === 0) continue;
      const { rep = null, queue = null, definition, answerBy } = clock;
      sumOf(groups.at(groupOf({ rep, queue, definition, at: answerBy! }, by, zone)), clock.kind).add(clock);
    }
  const { kind: _, definition: __, rep, ...shared } = filters;
  const others = { ...shared, ...(rep !== undefined && rep !== null && { rep }) };
  const handed = await handoffReport(models, { ...others, by, ...(timeZone && { timeZone }), at });
  return { total: rowsOf(total), rows: rowsOf(groups), handoffs: handed, at, warnings: warningsOf(total) };
};
