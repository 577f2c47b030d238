import { codeOf, type Documents, type Projection } from '@baton/kernel';
import { collectionOf, firstGeneration, isGenerationOf } from '../documents';

/** The lease of whoever builds a read model anew. */
export const rebuildLease = (readModel: string): string => `rebuild-${readModel}`;

export const isDropped = (error: unknown): boolean => codeOf(error) === 'documents/generation-dropped';

/**
 * Begins a generation that never was: `deals-v1`, then `deals-v1-2` … Names of dropped ones are not used again, so that
 * a late writer of one can do no harm. What interrupted rebuilds of this version left behind is dropped.
 */
export const newGeneration = async (documents: Documents, projection: Projection): Promise<string> => {
  const first = firstGeneration(projection);
  const active = await documents.active(projection.name);
  const known = (await documents.generations()).filter((name) => isGenerationOf(projection, name));
  // Whoever holds the lease of the read model may be about to begin with the first, or with the one in use.
  known.push(active ?? first);
  for (const left of known) if (active && left !== active) await documents.drop(left);
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
 * Drops generations of a read model that nobody will read again: what an interrupted rebuild or drop, or a writer that
 * was killed while somebody dropped what it wrote, left behind. An erasure would not reach them.
 * @param generations that exist
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
  // Read last: what existed before, is not being built and is not in use will never be.
  const active = await documents.active(readModel);
  for (const generation of known) if (active && generation !== active) await documents.drop(generation);
};
