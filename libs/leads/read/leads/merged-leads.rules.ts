import type { DocumentReader } from '@baton/kernel';
import { leads } from './leads.read-model';

/** Ids of the leads merged into these, directly or through others; without these themselves. */
export const mergedLeadsOf = async (
  documents: DocumentReader,
  leadIds: readonly string[],
): Promise<readonly string[]> => {
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
  return [...seen.keys()].filter((leadId) => !leadIds.includes(leadId));
};
