import { conditionsOf, type Instant, type ValueFilter, type Where } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { StageName } from '../../write/lead/lead.model';
import { leads, type LeadDocument } from './leads.read-model';

export interface LeadFilters {
  readonly stage?: StageName;
  readonly owner?: string | ValueFilter;
  readonly rep?: string | ValueFilter;
  readonly source?: string | ValueFilter;
  readonly country?: string | ValueFilter;
  readonly capturedFrom?: Instant;
  /** Exclusive. */
  readonly capturedTo?: Instant;
}

/** The matching people, each once: a merged lead counts as its survivor. */
export const whereOf = ({ capturedFrom, capturedTo, ...values }: LeadFilters = {}): Where => {
  const where: Record<string, Where[string]> = {
    ...{ mergedInto: { eq: null }, capturedAt: { ne: null } },
    ...conditionsOf({ ...values }),
  };
  if (capturedFrom || capturedTo)
    where['capturedAt'] = { ...(capturedFrom && { gte: capturedFrom }), ...(capturedTo && { lt: capturedTo }) };
  return where;
};

/** One lead, as in the list. A merged lead is returned itself, with `mergedInto`. */
export const leadById = (
  models: ReadModels,
  { leadId }: { readonly leadId: string },
): Promise<LeadDocument | undefined> => models.get(leads, leadId);

/** Ids of the leads merged into this one, directly or through others; without the lead itself. */
export const mergedLeadsOf = async (models: ReadModels, leadId: string): Promise<ReadonlyMap<string, LeadDocument>> => {
  const lead = await models.get(leads, leadId);
  if (!lead) return new Map();
  const seen = new Map<string, LeadDocument>([[leadId, lead]]);
  let next: readonly LeadDocument[] = [lead];
  for (;;) {
    const wanted = next.flatMap(({ mergedLeadIds }) => mergedLeadIds).filter((id) => !seen.has(id));
    if (wanted.length === 0) break;
    const found = await models.getMany(leads, [...new Set(wanted)]);
    // Only leads whose own record names the survivor: a merge that was refused or undone does not count.
    next = [...found.values()].filter(({ mergedInto }) => mergedInto !== undefined && seen.has(mergedInto));
    for (const merged of next) seen.set(merged.leadId, merged);
  }
  seen.delete(leadId);
  return seen;
};
