import { registeredContent } from '@baton/campaigns';
import { leads } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { contentDimensions, personDimensions, type Dimension, type Method } from './attribution.rules';

/** The registered content, for sums by content or advertisement; empty for other sums. */
const contentFor = async (models: ReadModels, by: Dimension): Promise<Pick<Method, 'registered'>> =>
  (contentDimensions as readonly string[]).includes(by) ? { registered: await registeredContent(models) } : {};

/** The facts of people, for sums by region or segment; empty for other sums. */
const peopleFor = async (models: ReadModels, by: Dimension): Promise<Pick<Method, 'people'>> => {
  if (!(personDimensions as readonly string[]).includes(by)) return {};
  const people = new Map<string, { region: string | null; segment: string | null }>();
  for await (const page of models.pages(leads))
    for (const { id, doc } of page)
      people.set(id, { region: doc.region ?? doc.country ?? null, segment: doc.industry ?? null });
  return { people };
};

/** What sums by a dimension need beyond the journeys. */
export const lookUpsFor = async (
  models: ReadModels,
  by: Dimension,
): Promise<Pick<Method, 'people' | 'registered'>> => ({
  ...(await peopleFor(models, by)),
  ...(await contentFor(models, by)),
});
