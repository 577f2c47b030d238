import { codeOf, START, type Documents, type Fence, type Projection } from '@baton/kernel';
import { blocksOf, collectionOf, firstGeneration, isGenerationOf, rebuildLease, statesOf } from '../documents';

export const isDropped = (error: unknown): boolean => codeOf(error) === 'documents/generation-dropped';

/** Drops a generation for good, with the states of its subjects where history makes its rows, and its long lists. */
export const dropGeneration = async (documents: Documents, generation: string): Promise<void> => {
  const known = await documents.generations();
  for (const { name } of [statesOf(generation), blocksOf(generation)])
    if (known.includes(name)) await documents.drop(name);
  await documents.drop(generation);
};

/**
 * Creates a generation under a name that was never used: `deals-v1`, then `deals-v1-2` … Names of dropped generations
 * are not reused, so that a late write to one has no effect. Generations that interrupted rebuilds of this version left
 * behind are dropped.
 */
export const newGeneration = async (documents: Documents, projection: Projection): Promise<string> => {
  const first = firstGeneration(projection);
  const active = await documents.active(projection.name);
  const known = (await documents.generations()).filter((name) => isGenerationOf(projection, name));
  // The process that holds the lease of the read model may be about to create the first one, or to write the one in
  // use.
  known.push(active ?? first);
  for (const unused of known) if (active && unused !== active) await dropGeneration(documents, unused);
  for (let number = 1; ; number++) {
    const generation = number === 1 ? first : `${first}-${number}`;
    if (known.includes(generation)) continue;
    try {
      await documents.prepare(collectionOf(projection, generation));
      return generation;
    } catch (error) {
      if (!isDropped(error)) throw error;
    }
  }
};

/**
 * Drops generations of a read model that will not be read again, left by an interrupted rebuild or drop, or by a
 * process that was killed while it wrote to a dropped one. An erasure would not reach the personal data in them.
 * @param generations the names of all that exist
 */
export const dropUnusedGenerations = async (
  documents: Documents,
  generations: readonly string[],
  readModel: string,
): Promise<void> => {
  const known = generationsOf(generations, readModel);
  if (known.length < 2 || (await documents.leases()).has(rebuildLease(readModel))) return;
  // Read last: a generation that existed before, is not being built and is not in use will never be used.
  const active = await documents.active(readModel);
  for (const generation of known) if (active && generation !== active) await dropGeneration(documents, generation);
};

/** Of any version. */
const generationsOf = (generations: readonly string[], readModel: string): readonly string[] =>
  generations.filter(
    (name) => name.startsWith(`${readModel}-v`) && /^\d+(-\d+)?$/.test(name.slice(readModel.length + 2)),
  );

/**
 * Drops the documents of read models that Baton has made and that this build does not have: an erasure would not reach the
 * personal data in them. Those that a living process still folds, of an earlier or later build, are left to it.
 * @param generations the names of all that exist
 * @param isKnown     whether this build has a read model
 * @returns what was dropped
 */
export const dropUnknownReadModels = async (
  documents: Documents,
  generations: readonly string[],
  isKnown: (readModel: string) => boolean,
): Promise<readonly string[]> => {
  const unknown = [...(await documents.actives()).keys()].filter((readModel) => !isKnown(readModel));
  const unused = unknown.filter((readModel) => generationsOf(generations, readModel).length > 0);
  if (unused.length === 0) return [];
  const held = await documents.leases();
  const dropped = unused
    .filter((readModel) => !held.has(readModel) && !held.has(rebuildLease(readModel)))
    .flatMap((readModel) => generationsOf(generations, readModel));
  for (const generation of dropped) await dropGeneration(documents, generation);
  return dropped;
};

/** Keeps how far a rebuild is, for those who ask for what it makes. */
export const saveRebuildProgress = (documents: Documents, fence: Fence, events: number): Promise<void> =>
  documents.commit({ follower: fence.lease, checkpoint: { position: START, count: events, digest: '' }, fence });
