import { wordKey } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { assets } from './assets.read-model';
import type { RegisteredContent } from './content-of.rules';

/** All registered content. */
export const registeredContent = async (models: ReadModels): Promise<RegisteredContent> => {
  const found = new Set<string>();
  for await (const page of models.pages(assets, { status: { eq: 'registered' } }))
    for (const { doc } of page) found.add(wordKey(doc.content));
  return found;
};
