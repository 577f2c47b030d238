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
