import { codeOf, type Clock, type Documents } from '@baton/kernel';

/**
 * Keeps what a check of the whole found, for every process that asks; another one at the same moment wins.
 * @param documents by id
 */
export const keepResults = async (
  documents: Documents,
  clock: Clock,
  name: string,
  found: readonly (readonly [id: string, doc: object])[],
): Promise<void> => {
  const now = clock.now();
  const holder = `${name}:${now}`;
  const fence = await documents.lease(name, holder);
  if (!fence) return;
  const collection = { name, columns: {} };
  await documents.prepare(collection);
  const kept = documents.commit({
    // The newer check counts, wherever in the log it stood.
    writes: { collection, documents: found.map(([id, doc]) => ({ id, doc, position: now })) },
    follower: name,
    checkpoint: { position: now, count: found.length, digest: '0' },
    fence,
  });
  await kept.catch((error: unknown) => {
    if (codeOf(error) !== 'documents/lease-lost') throw error; // another check is kept at this moment
  });
  await documents.release(name, holder);
};
