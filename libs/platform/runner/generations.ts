import { codeOf, type Documents, type Projection } from '@baton/kernel';
import { collectionOf, firstGeneration, isGenerationOf } from '../documents';

/** The lease of the process that rebuilds a read model. */
export const rebuildLease = (readModel: string): string => `rebuild-${readModel}`;

export const isDropped = (error: unknown): boolean => codeOf(error) === 'documents/generation-dropped';

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
  for (const unused of known) if (active && unused !== active) await documents.drop(unused);
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
  const belongs = (name: string) =>
    name.startsWith(`${readModel}-v`) && /^\d+(-\d+)?$/.test(name.slice(readModel.length + 2));
  const known = generations.filter(belongs);
  if (known.length < 2 || (await documents.leases()).has(rebuildLease(readModel))) return;
  // Read last: a generation that existed before, is not being built and is not in use will never be used.
  const active = await documents.active(readModel);
  for (const generation of known) if (active && generation !== active) await documents.drop(generation);
};
