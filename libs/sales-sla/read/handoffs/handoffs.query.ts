import { passesFilter, toMs, type Instant, type ValueFilter, type Where } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { Disposition } from '@baton/leads';
import { handoffs, LIMBO_MS, type HandoffActivity } from './handoffs.read-model';

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

export interface HandoffListQuestion extends HandoffFilters {
  readonly disposition?: Disposition;
  readonly reason?: string | ValueFilter;
  /** Only those returned after they were accepted; false: only the others. */
  readonly givenBack?: boolean;
  /** Only those in limbo; false: only the others. */
  readonly limbo?: boolean;
  readonly at: Instant;
}
/** The handoffs under these conditions, oldest first. One of a lead that was merged since is still there. */
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
