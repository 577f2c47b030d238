import {
  bothWhere,
  defaultOrderOf,
  type Documents,
  type Instant,
  type Projection,
  type ReadModel,
  type StoredEvent,
  type Where,
} from '@baton/kernel';
import { foldAll } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels, readPage, type Connection, type PageQuestion } from '@baton/platform/documents';

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

/** A page of the documents of a list, in its order, under its condition and a further one. */
export const pageOfList = async <D extends object>(
  models: ReadModels,
  model: ReadModel<D>,
  name: string,
  { at, given = {}, where = {} }: { readonly at: Instant; readonly given?: object; readonly where?: Where },
  page: PageQuestion = {},
): Promise<Connection<D>> => {
  const list = model.shown.lists[name]!;
  const asked = given as Readonly<Record<string, unknown>>;
  const own = typeof list.where === 'function' ? await list.where(at, asked, models) : (list.where ?? {});
  const orderBy = defaultOrderOf(model, list, asked);
  return readPage(models, model, { ...page, where: bothWhere(own, where), orderBy }, (doc) => doc);
};
