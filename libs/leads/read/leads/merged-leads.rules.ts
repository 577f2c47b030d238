import type { DocumentReader } from '@baton/kernel';
import { leads, type LeadDocument } from './leads.read-model';

/** The leads that stand merged into these, however far, by id; not those themselves. */
export const mergedLeadsOf = async (
  documents: DocumentReader,
  leadIds: readonly string[],
): Promise<ReadonlyMap<string, LeadDocument>> => {
  const seen = new Map(await documents.getMany(leads, leadIds));
  let next = [...seen.values()];
  for (;;) {
    const wanted = next.flatMap(({ mergedLeadIds }) => mergedLeadIds).filter((id) => !seen.has(id));
    if (wanted.length === 0) break;
    const found = await documents.getMany(leads, [...new Set(wanted)]);
    // Only who says so itself: a merge that the other lead refused or left again does not count.
    next = [...found.values()].filter(({ mergedInto }) => mergedInto !== undefined && seen.has(mergedInto));
    for (const merged of next) seen.set(merged.leadId, merged);
  }
  for (const leadId of leadIds) seen.delete(leadId);
  return seen;
};
