import { contentHash, START, type Collection, type Document, type Projection } from '@baton/kernel';
import { pack, unpack } from './index-runs';

/**
 * How a long list of a document is kept: in blocks beside it, so that a change of one entry writes one block. A block is
 * named by its content and is never changed; in place of the list the document names its blocks. Where a block ends depends
 * on the entries alone, so equal lists have equal blocks, whatever the order in which they came to be so.
 */
interface ListInBlocks {
  readonly blocks: readonly string[];
}
type Entries = readonly object[];

/** A list of so many entries stays in its document. */
const SHORT = 64;
/** A block has so many entries; it ends, if not before, where the text of its last entry says so: at one of `MEAN`. */
const [MIN, MEAN, MAX] = [32, 128, 256];

/** The collection of the blocks of one generation of a read model. */
export const blocksOf = (generation: string): Collection => ({ name: `${generation}-blocks`, columns: {} });

/** The id of a block of a document, and the ids of all of them: '0' is the character behind '/'. */
const blockIdOf = (id: string, block: string): string => `${id}/${block}`;
export const whereBlocks = (id: string) => ({ id: { gte: `${id}/`, lt: `${id}0` } });

/** Whether a block ends behind an entry. The end of the text alone: ids differ there, and it is read for each entry. */
const endsBlock = (text: string): boolean => {
  let hash = 0;
  for (let at = Math.max(0, text.length - 12); at < text.length; at++)
    hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) & (MEAN - 1)) === 0;
};

type TextOf = (entry: never) => string;
/** Blocks by their first entry: entries are never changed, so most blocks need no look at their texts, and no hash. */
interface KnownBlock {
  readonly entries: Entries;
  readonly block: string;
  readonly textOf: TextOf;
}
const known = new WeakMap<object, KnownBlock>();

const isWhole = (length: number, last: object, textOf: TextOf): boolean =>
  length >= MIN && (length === MAX || endsBlock(textOf(last as never)));
const standsAt = (entries: Entries, list: Entries, from: number): boolean =>
  entries.every((entry, at) => entry === list[from + at]);

function* inBlocks(list: Entries, textOf: TextOf): Iterable<Entries> {
  for (let from = 0; from < list.length;) {
    const before = known.get(list[from]!);
    let block = before?.textOf === textOf ? before.entries : undefined;
    if (!block || !isWhole(block.length, block.at(-1)!, textOf) || !standsAt(block, list, from)) {
      let end = from + 1;
      while (end < list.length && !isWhole(end - from, list[end - 1]!, textOf)) end++;
      block = list.slice(from, end);
    }
    yield block;
    from += block.length;
  }
}

const nameOf = (entries: Entries, textOf: TextOf): string => {
  const before = known.get(entries[0]!);
  if (before?.entries === entries) return before.block;
  if (before?.entries.length === entries.length && standsAt(entries, before.entries, 0)) return before.block;
  const block = contentHash(pack(entries)).slice(0, 32);
  known.set(entries[0]!, { entries, block, textOf });
  return block;
};

/** A document as it is stored, and its blocks by their ids. */
export interface StoredDocument {
  readonly doc: object;
  readonly blocks: ReadonlyMap<string, Entries>;
}
export const splitDocument = ({ longLists = {} }: Projection, id: string, doc: object): StoredDocument => {
  const blocks = new Map<string, Entries>();
  let stored = doc as Readonly<Record<string, unknown>>;
  for (const [field, textOf] of Object.entries(longLists)) {
    const list = stored[field] as Entries | undefined;
    if (list === undefined || list.length <= SHORT) continue;
    const names: string[] = [];
    for (const entries of inBlocks(list, textOf)) {
      const name = nameOf(entries, textOf);
      names.push(name);
      blocks.set(blockIdOf(id, name), entries);
    }
    stored = { ...stored, [field]: { blocks: names } satisfies ListInBlocks };
  }
  return { doc: stored, blocks };
};

/** The document of a block. It has no position of its own: whatever has this id has this content. */
export const blockDocument = (id: string, entries: Entries): Document => ({
  ...{ id, position: START },
  doc: { ...pack(entries) },
});
/** Whether a block has the content that its id names. */
export const isIntactBlock = ({ id, doc }: Document): boolean =>
  contentHash(doc).slice(0, 32) === id.slice(id.lastIndexOf('/') + 1);

const listsIn = ({ longLists = {} }: Projection, doc: object) =>
  Object.keys(longLists).flatMap((field) => {
    const list = (doc as Readonly<Record<string, Entries | ListInBlocks | undefined>>)[field];
    return list && 'blocks' in list ? [{ field, names: list.blocks }] : [];
  });
/** The ids of the blocks that a stored document names. */
export const blockIdsIn = (projection: Projection, { id, doc }: Pick<Document, 'id' | 'doc'>): readonly string[] =>
  listsIn(projection, doc).flatMap(({ names }) => names.map((name) => blockIdOf(id, name)));

/**
 * A stored document with its lists.
 * @returns undefined where a block is missing
 */
export const joinDocument = (
  projection: Projection,
  { id, doc }: Pick<Document, 'id' | 'doc'>,
  blocks: ReadonlyMap<string, Document>,
): object | undefined => {
  let whole: object = doc;
  for (const { field, names } of listsIn(projection, doc)) {
    const list: object[] = [];
    for (const name of names) {
      const found = blocks.get(blockIdOf(id, name));
      if (!found) return undefined;
      const entries = unpack<object>(found.doc as never);
      known.set(entries[0]!, { entries, block: name, textOf: projection.longLists![field]! });
      for (const entry of entries) list.push(entry);
    }
    whole = { ...whole, [field]: list };
  }
  return whole;
};
