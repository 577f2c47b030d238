import { passesFilter, toMs, type Instant, type ValueFilter, type Where } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { Disposition } from '@baton/leads';
import { handoffs, LIMBO_MS, type HandoffActivity } from './handoffs.read-model';

/** Which handoffs; queue none: no queue chose the rep. */
export interface HandoffListQuestion {
  /** Handed off at or after this instant. */
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  readonly rep?: string | ValueFilter;
  readonly queue?: string | ValueFilter;
  /** The definition that was met, `mql@3`. */
  readonly definition?: string;
  readonly disposition?: Disposition;
  readonly reason?: string | ValueFilter;
  /** Only those returned after they were accepted; false: only the others. */
  readonly givenBack?: boolean;
  /** Only those in limbo; false: only the others. */
  readonly limbo?: boolean;
  readonly at: Instant;
}
const whereOf = ({ from, to }: HandoffListQuestion): Where => ({
  firstAt: { ...(to ? { lt: to } : { ne: null }) },
  ...(from && { lastAt: { gte: from } }),
});

const isInLimbo = ({ disposition, at: since }: HandoffActivity, at: Instant): boolean =>
  disposition === 'waiting' && toMs(since) + LIMBO_MS <= toMs(at);

/** The handoffs under these conditions, oldest first. One of a lead that was merged since is still there. */
export const listHandoffs = async (models: ReadModels, question: HandoffListQuestion): Promise<HandoffActivity[]> => {
  const { from, to, rep, queue, definition, disposition, reason, givenBack, limbo, at } = question;
  const found: HandoffActivity[] = [];
  for await (const page of models.pages(handoffs, whereOf(question)))
    for (const { doc } of page)
      for (const [index, handoff] of doc.handoffs.entries()) {
        if ((from && handoff.at < from) || (to && handoff.at >= to)) continue;
        if (!passesFilter(rep, handoff.rep) || !passesFilter(queue, handoff.queue)) continue;
        if (definition !== undefined && handoff.definition !== definition) continue;
        if (disposition && handoff.disposition !== disposition) continue;
        if (!passesFilter(reason, handoff.reason)) continue;
        if (givenBack !== undefined && givenBack !== (handoff.givenBack !== undefined)) continue;
        const isLast = index === doc.handoffs.length - 1;
        if (limbo !== undefined && limbo !== (isLast && isInLimbo(handoff, at))) continue;
        found.push(handoff);
      }
  return found.sort((a, b) => (a.at === b.at ? (a.eventId < b.eventId ? -1 : 1) : a.at < b.at ? -1 : 1));
};
