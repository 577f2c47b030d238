import type { Documents, Projection, StoredEvent } from '@baton/kernel';
import { foldAll } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';

/** Read models, in memory unless a store is given, folded from these events by these projections. */
export const modelsOf = async (
  projections: readonly Projection[],
  events: readonly StoredEvent[],
  documents: Documents = new MemoryDocuments(),
): Promise<ReadModels> => {
  const models = new ReadModels(documents);
  for (const projection of projections) {
    const collection = await models.collection(projection);
    const folded = [...foldAll(projection, events)].map(([id, doc]) => ({ id, doc: doc as object, position: '1' }));
    await documents.prepare(collection);
    await documents.commit({
      writes: { collection, documents: folded, fresh: true },
      follower: collection.name,
      checkpoint: { position: '1', count: events.length, digest: '' },
      fence: { lease: collection.name, token: 1 },
    });
  }
  return models;
};
