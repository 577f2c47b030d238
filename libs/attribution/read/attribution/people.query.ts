import { leads } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { personDimensions, type Dimension, type People } from './attribution.rules';

/** What sums by region or segment need to know of the people; nothing for other sums. */
export const peopleFor = async (models: ReadModels, by: Dimension): Promise<{ readonly people?: People }> => {
  if (!(personDimensions as readonly string[]).includes(by)) return {};
  const people = new Map<string, { region: string | null; segment: string | null }>();
  for await (const page of models.pages(leads))
    for (const { id, doc } of page)
      people.set(id, { region: doc.region ?? doc.country ?? null, segment: doc.industry ?? null });
  return { people };
};
