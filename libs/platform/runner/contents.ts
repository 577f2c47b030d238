import { isDeepStrictEqual } from 'node:util';
import {
  Conflict,
  type Checkpoint,
  type Document,
  type Documents,
  type EventLog,
  type Journal,
  type Projection,
} from '@baton/kernel';
import { collectionOf, MemoryDocuments } from '../documents';
import { replay } from './replay';

/** So many documents are folded and compared at once: more in several rounds over the log. */
const AT_ONCE = 20_000;
const PAGE = 500;
/** While others write, a document may be ahead of the checkpoint: it is looked at again, so often. */
const ROUNDS = 5;
const NAMED = 5;

interface Stores {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly documents: Documents;
}
type Wants = (id: string) => boolean;

/** In which of some equal parts an id falls. */
const partOf = (id: string, parts: number): number => {
  let hash = 0;
  for (let index = 0; index < id.length; index++) hash = (Math.imul(hash, 31) + id.charCodeAt(index)) >>> 0;
  return hash % parts;
};

/**
 * Folds a read model anew from the log into a store of its own, as far as the checkpoint, and compares: which documents
 * there are, and what each holds. What waits for a decision is compared as it stood when it began to wait.
 * @param atOnce how many documents are held in memory
 * @returns the first ids of those that differ, lack or are too many
 * @throws Conflict `read/still-changing` where others write faster than it can look; `read/unreadable-events` where
 *   another build has folded events that this one cannot read
 */
export const differing = async (
  stores: Stores,
  projection: Projection,
  generation: string,
  atOnce = AT_ONCE,
): Promise<readonly string[]> => {
  const collection = collectionOf(projection, generation);
  const parts = Math.max(1, Math.ceil((await stores.documents.count(collection)) / atOnce));
  const found: string[] = [];
  for (let part = 0; part < parts && found.length < NAMED; part++) {
    let wants: Wants = (id) => partOf(id, parts) === part;
    for (let round = 0; ; round++) {
      const { differ, ahead } = await compared(stores, projection, generation, wants);
      found.push(...differ);
      if (ahead.size === 0) break;
      if (round === ROUNDS)
        throw new Conflict('read/still-changing', `${generation} changes while it is verified; try again later.`);
      wants = (id) => ahead.has(id);
    }
  }
  return found.slice(0, NAMED);
};

const compared = async (stores: Stores, projection: Projection, generation: string, wants: Wants) => {
  const { documents } = stores;
  const collection = collectionOf(projection, generation);
  const differ: string[] = [];
  const ahead = new Set<string>();
  const checkpoint = await documents.checkpoint(generation);
  if (!checkpoint) return { differ, ahead };
  const scratch = await foldedAnew(stores, projection, generation, checkpoint, wants);
  const waiting = new Set((await documents.parked(generation)).map(({ sequence }) => sequence));
  if ((await scratch.parked(generation)).some(({ sequence }) => !waiting.has(sequence)))
    throw new Conflict(
      'read/unreadable-events',
      `${generation} holds events that this build cannot fold; verify with the build that folded them.`,
    );
  const seen = new Set<string>();
  for await (const { id, doc, position } of each(documents, projection, generation)) {
    if (!wants(id)) continue;
    seen.add(id);
    if (position > checkpoint.position) ahead.add(id);
    else if (!isDeepStrictEqual(doc, (await scratch.getMany(collection, [id])).get(id)?.doc)) differ.push(id);
  }
  for await (const { id } of each(scratch, projection, generation)) if (!seen.has(id)) differ.push(id);
  return { differ, ahead };
};

const foldedAnew = async (
  { log, journal, documents }: Stores,
  projection: Projection,
  generation: string,
  { position: knownAt }: Checkpoint,
  wants: Wants,
): Promise<MemoryDocuments> => {
  const waiting = new Map((await documents.parked(generation)).map((parked) => [parked.sequence, parked.position]));
  const waits = (sequence: string, position: string) => (waiting.get(sequence) ?? position + 1) <= position;
  const keys: Projection['keys'] = (event) =>
    waits(`stream:${event.stream}`, event.position)
      ? []
      : projection.keys(event).filter((key) => wants(key) && !waits(key, event.position));
  const scratch = new MemoryDocuments();
  const fence = () => ({ lease: 'verification', token: 0 });
  await replay({ log, journal, documents: scratch }, { ...projection, keys }, generation, fence, { cut: { knownAt } });
  return scratch;
};

/** All documents of a generation by their ids, read in pages. */
async function* each(documents: Documents, projection: Projection, generation: string): AsyncIterable<Document> {
  const collection = collectionOf(projection, generation);
  for (let after: string | undefined; ;) {
    const page = await documents.find(collection, {
      limit: PAGE,
      ...(after !== undefined && { after: { values: [], id: after } }),
    });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.id;
  }
}
