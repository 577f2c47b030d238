import {
  Conflict,
  type Collection,
  type Document,
  type Documents,
  type IndexEntry,
  type Position,
} from '@baton/kernel';

/**
 * How an index is kept. A list is many documents, `lead-ada/0000000000` …, named for the number of their first entry: rows
 * of a few entries, and blocks of many, each in the place of the first of its rows. Both keep their entries field by field.
 * A field of which most values recur, or that some entries lack, names each value once.
 */
interface EntryBlock {
  readonly count: number;
  readonly fields: Readonly<Record<string, BlockColumn>>;
}
/**
 * `at`: the place of each entry's value in `values`, -1 for none. Without it they stand in the order of the entries; a
 * single one is that of every entry.
 */
interface BlockColumn {
  readonly values: readonly unknown[];
  readonly at?: readonly number[];
}
/** How many entries of an index are in a row and in a block; a block is a number of whole rows. */
export interface ListSizes {
  readonly row: number;
  readonly block: number;
}

const DIGITS = 10;
const idOf = (key: string, number: number): string => `${key}/${String(number).padStart(DIGITS, '0')}`;
const numberOf = (id: string): number => Number(id.slice(-DIGITS));
/** The list that a document of an index belongs to. */
export const listKeyOf = (id: string): string => id.slice(0, -DIGITS - 1);
/** The documents of a list, or of its end from the one of a number on; ':' sorts behind all digits. */
export const whereList = (key: string, from?: number) => ({
  id: { gte: from === undefined ? `${key}/` : idOf(key, from), lt: `${key}/:` },
});
/** The number of the first entry of a document. */
export const firstNumberOf = ({ id }: Document): number => numberOf(id);

/** Entries as a block keeps them: equal ones give equal bytes. */
export const pack = (entries: readonly object[]): EntryBlock => {
  const names = new Set<string>();
  for (const entry of entries) for (const name of Object.keys(entry)) names.add(name);
  const column = (name: string): BlockColumn => {
    const values = entries.map((entry) => (entry as Record<string, unknown>)[name]);
    const places = new Map<unknown, number>();
    const distinct: unknown[] = [];
    const at = values.map((value) => {
      if (value === undefined) return -1;
      const key = typeof value === 'object' ? JSON.stringify(value) : typeof value === 'string' ? `"${value}` : value;
      let place = places.get(key);
      if (place === undefined) places.set(key, (place = distinct.push(value) - 1));
      return place;
    });
    if (at.includes(-1)) return { values: distinct, at };
    if (distinct.length === 1) return { values: distinct };
    return distinct.length * 2 <= values.length ? { values: distinct, at } : { values };
  };
  return { count: entries.length, fields: Object.fromEntries([...names].map((name) => [name, column(name)])) };
};

/** The entries of a block, in their order; values that recur are shared, so nobody changes them. */
export const unpack = <E>({ count, fields }: EntryBlock): E[] => {
  const entries = Array.from({ length: count }, (): Record<string, unknown> => ({}));
  for (const [name, { values, at }] of Object.entries(fields))
    for (let index = 0; index < count; index++) {
      const place = at ? at[index]! : values.length === 1 ? 0 : index;
      if (place >= 0) entries[index]![name] = values[place];
    }
  return entries as E[];
};

const entriesIn = <E>({ doc }: Document): E[] => unpack<E>(doc as unknown as EntryBlock);

/**
 * The entries of a list from a number on. What a row and a block both hold counts once: a store that writes one after the
 * other shows both for a moment.
 * @param documents of the list, in the order of their ids
 * @returns undefined where one is missing
 */
export const entriesOf = <E>(documents: readonly Document[], from = 0): E[] | undefined => {
  const entries: E[] = [];
  for (const document of documents) {
    const ahead = numberOf(document.id) - from - entries.length;
    if (ahead > 0) return undefined;
    const more = entriesIn<E>(document);
    for (let index = -ahead; index < more.length; index++) entries.push(more[index]!);
  }
  return entries;
};

/**
 * Whether documents of a list are of one fold of it. One that is folded anew is written anew from its first document on, all
 * with the position of that or a later one; a store that writes one after the other shows some of before for a moment.
 */
export const areOfOneFold = (documents: readonly Document[]): boolean => {
  let refoldedAt = '';
  for (const { doc, position } of documents) {
    const last = (doc as unknown as EntryBlock).fields['position']!.values.at(-1) as Position;
    if (position > last && position > refoldedAt) refoldedAt = position;
  }
  return documents.every(({ position }) => position >= refoldedAt);
};

/** @throws where entries of a list are missing */
export const missingEntries = (collection: Collection, key: string): Conflict =>
  new Conflict(
    'read/documents-differ',
    `${collection.name} is missing entries of ${key}; run baton rebuild for this read model.`,
    key,
  );

/** The document with the last entry of a list, or of those before an id. */
export const lastDocumentOf = async (
  documents: Documents,
  collection: Collection,
  key: string,
  { gte, lt } = whereList(key).id,
): Promise<Document | undefined> => {
  const orderBy = [{ column: 'id', descending: true }];
  return (await documents.find(collection, { where: { id: { gte, lt } }, orderBy, limit: 1 }))[0];
};

/** A list as a fold has it at hand: what stands behind its complete blocks. */
export interface OpenList {
  /** How many entries are before these, in blocks that are saved. */
  start: number;
  entries: IndexEntry[];
  /** So many entries of the list are saved. */
  saved: number;
  /** Folded anew as of this position: what is saved of it is written again. */
  refoldedAt?: Position;
}
export const emptyList = (): OpenList => ({ start: 0, entries: [], saved: 0 });

/**
 * The open end of a list as it stood at a position. What stands there from later is of a commit that was cut short: it
 * will be made again.
 * @throws Conflict `read/documents-differ`
 */
export const loadOpenList = async (
  documents: Documents,
  collection: Collection,
  { row, block }: ListSizes,
  key: string,
  upTo: Position,
): Promise<OpenList> => {
  for (let { gte, lt } = whereList(key).id; ;) {
    const last = await lastDocumentOf(documents, collection, key, { gte, lt });
    if (!last) return emptyList();
    const start = numberOf(last.id) - (numberOf(last.id) % block);
    const where = { id: { gte: idOf(key, start), lt } };
    const found = await documents.find(collection, { where, limit: block / row });
    const isCutShort = found.some(({ position }) => position > upTo);
    const all = entriesOf<IndexEntry>(
      found.filter((document) => entriesIn<IndexEntry>(document)[0]!.position <= upTo),
      start,
    );
    if (!all && !isCutShort) throw missingEntries(collection, key);
    const entries = (all ?? []).filter(({ position }) => position <= upTo);
    const saved = start + entries.length;
    if (entries.length === block) return { start: saved, entries: [], saved };
    if (entries.length > 0) return { start, entries, saved };
    lt = idOf(key, start);
  }
};

/** What has to be written so that a store holds a list, and which rows go because their block is complete. */
export const writesOf = (key: string, list: OpenList, { row, block }: ListSizes) => {
  const { start, entries, saved, refoldedAt = '' } = list;
  const documents: Document[] = [];
  const removed: string[] = [];
  const write = (from: number, to: number): void => {
    const some = entries.slice(from, to);
    const { position } = some.at(-1)!;
    const at = position > refoldedAt ? position : refoldedAt;
    documents.push({ id: idOf(key, start + from), doc: { ...pack(some) }, position: at });
  };
  let done = 0;
  for (; entries.length - done >= block; done += block) {
    write(done, done + block);
    for (let next = row; next < block; next += row) removed.push(idOf(key, start + done + next));
  }
  const unsaved = Math.max(done, saved - start);
  for (let from = unsaved - (unsaved % row); from < entries.length; from += row) write(from, from + row);
  return { documents, removed };
};

/** The list once that is saved. */
export const listAfterSave = ({ start, entries }: OpenList, { block }: ListSizes): OpenList => {
  const done = entries.length - (entries.length % block);
  return { start: start + done, entries: entries.slice(done), saved: start + entries.length };
};
