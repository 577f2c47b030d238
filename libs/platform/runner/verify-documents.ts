import { isDeepStrictEqual } from 'node:util';
import {
  bucketOf,
  codeOf,
  Conflict,
  LOG_STATE,
  START,
  subjectOfRow,
  type Checkpoint,
  type Document,
  type Documents,
  type EventLog,
  type Journal,
  type LogFold,
  type LogRow,
  type LogState,
  type Projection,
} from '@baton/kernel';
import {
  blockIdsIn,
  blocksOf,
  collectionOf,
  isIntactBlock,
  lastDocumentOf,
  listKeyOf,
  MemoryDocuments,
  pagesOf,
  statesOf,
} from '../documents';
import { replay } from './replay';
import { recountEvents, type VerificationResult, type FollowerCheckpoint } from './verify';

/** How many documents are folded and compared in one read of the log; more need several reads. */
const DOCUMENTS_PER_ROUND = 20_000;
/** While others write, a document may be ahead of the checkpoint: how often it is compared again. */
const MAX_ROUNDS = 5;
const MAX_REPORTED = 5;

interface VerificationStores {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly documents: Documents;
}
/** Selects keys: ids of documents, for an index ids of lists, and for a history ids of subjects. */
type KeyFilter = (key: string) => boolean;

/** Verifies each follower's count and digest, and compares each read model with a new fold of the log. */
export const verifyAll = async (
  stores: VerificationStores,
  followers: readonly FollowerCheckpoint[],
): Promise<readonly VerificationResult[]> => {
  const answers: VerificationResult[] = [];
  for (const [index, seen] of (await recountEvents(stores.log, followers)).entries()) {
    const { projection } = followers[index]!;
    // A hash tree also names the events that were altered, so it is compared in either case.
    const isCompared = projection && (seen.complete || (projection.ofLog && seen.code === 'read/events-differ'));
    answers.push(isCompared ? await withDocumentCheck(stores, projection, seen) : seen);
  }
  return answers;
};

const withDocumentCheck = async (
  stores: VerificationStores,
  projection: Projection,
  seen: VerificationResult,
): Promise<VerificationResult> => {
  try {
    const collection = collectionOf(projection, seen.follower);
    const found = new Set([
      ...(await differingDocuments(stores, projection, seen.follower)),
      ...(await stores.documents.differingColumns(collection, MAX_REPORTED)),
    ]);
    if (found.size === 0) return seen;
    const differing = [...found].slice(0, MAX_REPORTED);
    return { ...seen, complete: false, code: seen.code ?? 'read/documents-differ', differing };
  } catch (error) {
    // A document that cannot be read is named by the error.
    const unreadable = error instanceof Conflict && error.code === 'read/documents-differ' ? [error.path] : [];
    return { ...seen, complete: false, code: codeOf(error), ...(unreadable.length > 0 && { differing: unreadable }) };
  }
};

/**
 * Folds a read model again from the log, up to its checkpoint, into memory, and compares the set of documents and the
 * content of each. Parked documents are compared as they were when they were parked.
 * @param batchSize how many documents are held in memory
 * @returns the first ids of documents that differ, are missing, or should not exist
 * @throws Conflict `read/still-changing` if documents change faster than they can be compared; `read/unreadable-events`
 *   if another build has folded events that this one cannot read
 */
export const differingDocuments = async (
  stores: VerificationStores,
  projection: Projection,
  generation: string,
  batchSize = DOCUMENTS_PER_ROUND,
): Promise<readonly string[]> => {
  if (projection.ofLog) return differingRows(stores, projection, projection.ofLog, generation);
  const collection = collectionOf(projection, generation);
  const subjects = projection.history ? await stores.documents.count(statesOf(generation)) : 0;
  const count = subjects + (await stores.documents.count(collection));
  const parts = Math.max(1, Math.ceil(count / batchSize));
  const found: string[] = [];
  for (let part = 0; part < parts && found.length < MAX_REPORTED; part++) {
    let selects: KeyFilter = (key) => bucketOf(key, parts) === part;
    for (let round = 0; ; round++) {
      const { differ, ahead } = await compareDocuments(stores, projection, generation, selects);
      // Rows are written before their states: what differs is looked at again.
      if (projection.history && round === 0) for (const { key } of differ) ahead.add(key);
      else found.push(...differ.map(({ id }) => id));
      if (ahead.size === 0) break;
      if (round === MAX_ROUNDS)
        throw new Conflict('read/still-changing', `${generation} keeps changing during verification; try again later.`);
      selects = (key) => ahead.has(key);
    }
  }
  return found.slice(0, MAX_REPORTED);
};

/**
 * As `differingDocuments`, for a fold of the log: each row is compared when it is complete, so that memory does not grow
 * with the log.
 */
const differingRows = async (
  stores: VerificationStores,
  projection: Projection,
  ofLog: LogFold,
  generation: string,
): Promise<readonly string[]> => {
  const collection = collectionOf(projection, generation);
  for (let round = 0; round <= MAX_ROUNDS; round++) {
    const checkpoint = await stores.documents.checkpoint(generation);
    if (!checkpoint) return [];
    const saved = (await stores.documents.getMany(collection, [LOG_STATE])).get(LOG_STATE);
    if (saved && saved.position > checkpoint.position) continue; // it was saved in between
    const differ: string[] = [];
    const compare = (expected: LogRow, found: object | undefined): void => {
      if (isDeepStrictEqual(expected.doc, found)) return;
      differ.push(expected.id, ...ofLog.difference(expected.doc, found));
    };
    const folding = ofLog.from(undefined);
    let [count, rows] = [0, 0];
    for (let after = START, done = checkpoint.count === 0; !done;) {
      const page = await stores.log.readAll(after, {}, 5000);
      const events = page.events.filter(({ position }) => position <= checkpoint.position);
      const complete = events.flatMap((event) => folding.add(event));
      count += events.length;
      rows += complete.length;
      const found = await stores.documents.getMany(
        collection,
        complete.map(({ id }) => id),
      );
      for (const row of complete) compare(row, found.get(row.id)?.doc as object | undefined);
      after = page.position;
      done = page.atTip || after >= checkpoint.position || differ.length >= MAX_REPORTED;
    }
    if (differ.length >= MAX_REPORTED) return differ.slice(0, MAX_REPORTED);
    const expected: LogState = { count, state: folding.state() };
    const found = saved?.doc as LogState | undefined;
    if (count > 0 && !isDeepStrictEqual(expected, found))
      differ.push(LOG_STATE, ...ofLog.difference(expected.state, found?.state));
    const isSame = (await stores.documents.checkpoint(generation))?.position === checkpoint.position;
    if (!isSame && differ.length === 0) return [];
    if (!isSame) continue; // what was read may belong to a later state
    if ((await stores.documents.count(collection)) > rows + 1) differ.push('rows that no event made');
    return differ.slice(0, MAX_REPORTED);
  }
  throw new Conflict('read/still-changing', `${generation} keeps changing during verification; try again later.`);
};

/** The key that a document belongs to: the list of an index, or the subject of a row. */
const keyIn = ({ listSizes, history }: Projection, id: string): string => {
  if (listSizes) return listKeyOf(id);
  return history ? subjectOfRow(id) : id;
};

const compareDocuments = async (
  stores: VerificationStores,
  projection: Projection,
  generation: string,
  selects: KeyFilter,
) => {
  const { documents } = stores;
  const collection = collectionOf(projection, generation);
  const differ: { readonly id: string; readonly key: string }[] = [];
  const ahead = new Set<string>();
  const checkpoint = await documents.checkpoint(generation);
  if (!checkpoint) return { differ, ahead };
  const parkedAt = new Map((await documents.parked(generation)).map((parked) => [parked.sequence, parked.position]));
  const scratch = await foldFromLog(stores, projection, generation, checkpoint, selects, parkedAt);
  if ((await scratch.parked(generation)).some(({ sequence }) => !parkedAt.has(sequence)))
    throw new Conflict(
      'read/unreadable-events',
      `${generation} contains events that this version of Baton cannot fold; verify with the version that folded them.`,
    );
  for (const one of projection.history ? [collection, statesOf(generation)] : [collection]) {
    const keyOf = (id: string) => (one === collection ? keyIn(projection, id) : id);
    const seen = new Set<string>();
    for await (const page of pagesOf(documents, one)) {
      const wanted = page.filter(({ id }) => selects(keyOf(id)));
      const refolded = await scratch.getMany(
        one,
        wanted.map(({ id }) => id),
      );
      for (const document of wanted) {
        const { id, doc, position } = document;
        seen.add(id);
        if (position > checkpoint.position) ahead.add(keyOf(id));
        else if (!isDeepStrictEqual(doc, refolded.get(id)?.doc)) differ.push({ id, key: keyOf(id) });
        else if (!(await hasBlocks(documents, projection, generation, document))) {
          // They go when a later event has changed the document.
          const now = (await documents.getMany(one, [id])).get(id);
          if (now && now.position > checkpoint.position) ahead.add(keyOf(id));
          else differ.push({ id, key: keyOf(id) });
        }
      }
    }
    for await (const page of pagesOf(scratch, one))
      for (const { id } of page) if (!seen.has(id)) differ.push({ id, key: keyOf(id) });
  }
  if (!projection.listSizes) return { differ, ahead };
  // Rows may have become a block between two pages: then the list has a later position.
  for (const list of new Set(differ.map(({ key }) => key))) {
    const last = await lastDocumentOf(documents, collection, list);
    if (last && last.position > checkpoint.position) ahead.add(list);
  }
  return { differ: differ.filter(({ key }) => !ahead.has(key)), ahead };
};

/** Whether the long lists of a document are stored: it names its blocks by their content. */
const hasBlocks = async (
  documents: Documents,
  projection: Projection,
  generation: string,
  document: Document,
): Promise<boolean> => {
  const ids = blockIdsIn(projection, document);
  if (ids.length === 0) return true;
  const blocks = await documents.getMany(blocksOf(generation), ids);
  return ids.every((id) => blocks.has(id) && isIntactBlock(blocks.get(id)!));
};

const foldFromLog = async (
  { log, journal }: VerificationStores,
  projection: Projection,
  generation: string,
  { position: knownAt }: Checkpoint,
  selects: KeyFilter,
  parkedAt: ReadonlyMap<string, string>,
): Promise<MemoryDocuments> => {
  const isParked = (sequence: string, position: string) => (parkedAt.get(sequence) ?? position + 1) <= position;
  const keys: Projection['keys'] = (event) =>
    isParked(`stream:${event.stream}`, event.position)
      ? []
      : projection.keys(event).filter((key) => selects(key) && !isParked(key, event.position));
  const scratch = new MemoryDocuments();
  const fence = () => ({ lease: 'verification', token: 0 });
  await replay({ log, journal, documents: scratch }, { ...projection, keys }, generation, fence, { cut: { knownAt } });
  return scratch;
};
