import { passesFilter, quantile, toMs, zoneOf, type Instant, type ValueFilter, type Where } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { dispositions, ErasedCount, erasedLeads, type Disposition, type ErasedLeads } from '@baton/leads';
import { handoffs, LIMBO_MS, type HandoffActivity } from '../handoffs/handoffs.read-model';
import { groupOf, Groups, type GroupKey, type ReportBreakdown } from '../sla-report/grouping.rules';

/** Which handoffs; queue none: no queue chose the rep. */
export interface HandoffFilters {
  /** Handed off at or after this instant. */
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  readonly rep?: string | ValueFilter;
  readonly queue?: string | ValueFilter;
  /** The definition that was met, `mql@3`. */
  readonly definition?: string;
}
export interface HandoffQuestion extends HandoffFilters {
  readonly by?: readonly ReportBreakdown[];
  /** IANA zone of the months; UTC by default. */
  readonly timeZone?: string;
  /** Now, for the limbo. */
  readonly at: Instant;
}
export interface RejectionReason {
  readonly reason: string;
  readonly rejected: number;
  /** Rejected for this reason / handoffs. */
  readonly rate: number;
}
export interface HandoffRow {
  readonly group: GroupKey;
  /** = accepted + rejected + recycled + disqualified + waiting, each handoff by its latest disposition. */
  readonly handoffs: number;
  readonly counts: Readonly<Record<Disposition, number>>;
  /** Of the accepted ones: rejected, recycled or disqualified since. */
  readonly givenBack: number;
  /** Of the waiting ones: for 48 hours or longer. */
  readonly limbo: number;
  /** Rejected / handoffs; null without handoffs. */
  readonly rejectionRate: number | null;
  /** Most frequent first. */
  readonly reasons: readonly RejectionReason[];
  /** Erased people among those who were handed off. */
  readonly erased: number;
  /** Contacts before a rejection or a return to marketing; null without either. */
  readonly medianAttempts: number | null;
  readonly warnings: readonly string[];
}
export interface HandoffReport {
  readonly total: HandoffRow;
  readonly rows: readonly HandoffRow[];
  readonly at: Instant;
}

/** Above this share of rejections, a definition does not match what sales accepts … */
export const MOST_REJECTED = 0.3;
/** … provided that there are at least this many handoffs. */
export const MIN_HANDOFFS_FOR_WARNING = 10;
export const NEEDS_WORK = 'definition needs work';

const isNegative = ({ disposition, givenBack }: HandoffActivity): boolean =>
  [disposition, givenBack].some((one) => one === 'rejected' || one === 'recycled');

class HandoffTotals {
  private readonly counts: Record<Disposition, number> = {
    accepted: 0,
    rejected: 0,
    recycled: 0,
    disqualified: 0,
    waiting: 0,
  };
  private readonly reasons = new Map<string, number>();
  private readonly attempts: number[] = [];
  private limbo = 0;
  private givenBack = 0;
  private readonly erased: ErasedCount;

  constructor(erased: ErasedLeads) {
    this.erased = new ErasedCount(erased);
  }

  add(handoff: HandoffActivity, inLimbo: boolean): void {
    this.counts[handoff.disposition]++;
    this.erased.add(handoff.leadId);
    if (inLimbo) this.limbo++;
    if (handoff.givenBack) this.givenBack++;
    if (isNegative(handoff)) this.attempts.push(handoff.attempts);
    if (handoff.disposition !== 'rejected') return;
    const reason = handoff.reason ?? '';
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  row(group: GroupKey): HandoffRow {
    const { counts, limbo, givenBack } = this;
    const all = dispositions.values.reduce((sum, disposition) => sum + counts[disposition], 0);
    const { definition } = group;
    const ours = typeof definition === 'string' && !definition.startsWith('external:');
    const rejectionRate = all === 0 ? null : counts.rejected / all;
    const tooMany = rejectionRate !== null && rejectionRate > MOST_REJECTED && all >= MIN_HANDOFFS_FOR_WARNING;
    return {
      ...{ group, handoffs: all, counts: { ...counts }, givenBack, limbo, rejectionRate },
      erased: this.erased.count,
      reasons: [...this.reasons]
        .map(([reason, rejected]) => ({ reason, rejected, rate: rejected / all }))
        .sort((a, b) => b.rejected - a.rejected || (a.reason < b.reason ? -1 : 1)),
      medianAttempts:
        this.attempts.length === 0
          ? null
          : quantile(
              [...this.attempts].sort((a, b) => a - b),
              0.5,
            ),
      warnings: ours && tooMany ? [NEEDS_WORK] : [],
    };
  }
}

const whereOf = ({ from, to }: HandoffFilters): Where => ({
  firstAt: { ...(to ? { lt: to } : { ne: null }) },
  ...(from && { lastAt: { gte: from } }),
});

const isInLimbo = ({ disposition, at: since }: HandoffActivity, at: Instant): boolean =>
  disposition === 'waiting' && toMs(since) + LIMBO_MS <= toMs(at);

/** Every handoff selected, and whether its lead is in limbo with it. */
async function* selectedHandoffs(models: ReadModels, filters: HandoffFilters, at: Instant) {
  const { from, to, rep, queue, definition } = filters;
  for await (const page of models.pages(handoffs, whereOf(filters)))
    for (const { doc } of page)
      for (const [index, handoff] of doc.handoffs.entries()) {
        if ((from && handoff.at < from) || (to && handoff.at >= to)) continue;
        if (!passesFilter(rep, handoff.rep) || !passesFilter(queue, handoff.queue)) continue;
        if (definition !== undefined && handoff.definition !== definition) continue;
        const isLast = index === doc.handoffs.length - 1;
        yield { handoff, limbo: isLast && isInLimbo(handoff, at) };
      }
}

/**
 * The dispositions of handoffs: each handoff once, by its latest disposition, so that handoffs = accepted + rejected +
 * recycled + disqualified + waiting. Accepted are all that sales ever accepted; later returns are counted separately,
 * and a lost deal is not a disposition. A handoff of a lead that was merged since still counts. In rows by definition,
 * those with more than 30 % rejections over at least ten handoffs have the warning `definition needs work`.
 * @throws Refused `time/unknown-zone`
 */
export const handoffReport = async (
  models: ReadModels,
  { by = [], timeZone, at, ...filters }: HandoffQuestion,
): Promise<HandoffReport> => {
  const zone = zoneOf(timeZone);
  const erased = await erasedLeads(models);
  const total = new HandoffTotals(erased);
  const groups = new Groups(() => new HandoffTotals(erased));
  for await (const { handoff, limbo } of selectedHandoffs(models, filters, at)) {
    total.add(handoff, limbo);
    if (by.length > 0) groups.at(groupOf({ ...handoff, queue: handoff.queue ?? null }, by, zone)).add(handoff, limbo);
  }
  return { total: total.row({}), rows: groups.sorted().map(({ key, of }) => of.row(key)), at };
};

export interface HandoffListQuestion extends HandoffFilters {
  readonly disposition?: Disposition;
  readonly reason?: string | ValueFilter;
  /** Only those returned after they were accepted; false: only the others. */
  readonly givenBack?: boolean;
  /** Only those in limbo; false: only the others. */
  readonly limbo?: boolean;
  readonly at: Instant;
}
/** The handoffs behind a figure of `handoffReport`, oldest first: as many as it counts. */
export const listHandoffs = async (
  models: ReadModels,
  { disposition, reason, givenBack, limbo: inLimbo, at, ...filters }: HandoffListQuestion,
): Promise<HandoffActivity[]> => {
  const found: HandoffActivity[] = [];
  for await (const { handoff, limbo } of selectedHandoffs(models, filters, at)) {
    if (disposition && handoff.disposition !== disposition) continue;
    if (!passesFilter(reason, handoff.reason)) continue;
    if (givenBack !== undefined && givenBack !== (handoff.givenBack !== undefined)) continue;
    if (inLimbo !== undefined && inLimbo !== limbo) continue;
    found.push(handoff);
  }
  return found.sort((a, b) => (a.at === b.at ? (a.eventId < b.eventId ? -1 : 1) : a.at < b.at ? -1 : 1));
};
