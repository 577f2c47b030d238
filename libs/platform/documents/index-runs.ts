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
 * single one is that of every entry. `lines`: texts of all entries of a block, which mostly differ, one a line, so that they
 * are one text until one is asked for.
 */
type BlockColumn =
  { readonly values: readonly unknown[]; readonly at?: readonly number[] } | { readonly lines: string };
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

const isLine = (value: unknown): boolean => typeof value === 'string' && !value.includes('\n');

/**
 * Entries as a block keeps them: equal ones give equal bytes.
 * @param lines texts that mostly differ are one text, which takes a reader of few entries less to be read
 */
export const pack = (entries: readonly object[], { lines = false } = {}): EntryBlock => {
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
    if (distinct.length * 2 <= values.length) return { values: distinct, at };
    return lines && values.every(isLine) ? { lines: values.join('\n') } : { values };
  };
  return { count: entries.length, fields: Object.fromEntries([...names].map((name) => [name, column(name)])) };
};

interface LoadedColumn {
  readonly values: readonly unknown[];
  readonly at?: readonly number[];
}
const loaded = (column: BlockColumn): LoadedColumn =>
  'lines' in column ? { values: column.lines.split('\n') } : column;
/** The value of an entry; undefined where it lacks the field. */
const valueOf = ({ values, at }: LoadedColumn, index: number): unknown =>
  values[at ? at[index]! : values.length === 1 ? 0 : index];

/** A block or row whose fields are unpacked when they are asked for. Values that recur are shared, so nobody changes them. */
class LoadedBlock {
  private readonly columns = new Map<string, LoadedColumn>();

  constructor(private readonly block: EntryBlock) {}

  get count(): number {
    return this.block.count;
  }

  value(field: string, index: number): unknown {
    const column = this.columns.get(field) ?? this.load(field);
    return column && valueOf(column, index);
  }

  /** The whole entry, without the fields that it lacks. */
  entry(index: number): Record<string, unknown> {
    const entry: Record<string, unknown> = {};
    for (const field of Object.keys(this.block.fields)) {
      const value = this.value(field, index);
      if (value !== undefined) entry[field] = value;
    }
    return entry;
  }

  /** Goes through a field of the entries that have it, without keeping what is unpacked for that. */
  scan(field: string, from: number, visit: (value: unknown, index: number) => void): void {
    const column = this.columns.get(field) ?? this.unpacked(field);
    if (!column) return;
    for (let index = from; index < this.count; index++) {
      const value = valueOf(column, index);
      if (value !== undefined) visit(value, index);
    }
  }

  private load(field: string): LoadedColumn | undefined {
    const column = this.unpacked(field);
    if (column) this.columns.set(field, column);
    return column;
  }
  private unpacked(field: string): LoadedColumn | undefined {
    const column = this.block.fields[field];
    return column && loaded(column);
  }
}

/** A list of an index, or its end, as it was read. Its numbers are those of the whole list. */
export class EntryList<E = IndexEntry> {
  /** @param origin the same object for a list and for what it grows to */
  constructor(
    private readonly blocks: readonly { readonly from: number; readonly start: number; readonly block: LoadedBlock }[],
    /** One more than the number of the last entry. */
    readonly length: number,
    readonly origin: object = {},
  ) {}

  /** One field of an entry; undefined where it lacks it. */
  get<F extends keyof E & string>(number: number, field: F): E[F] {
    const { start, block } = this.blockOf(number);
    return block.value(field, number - start) as E[F];
  }

  at(number: number): E {
    const { start, block } = this.blockOf(number);
    return block.entry(number - start) as E;
  }

  /** Goes through a field of the entries that have it, from a number on. */
  scan<F extends keyof E & string>(
    field: F,
    from: number,
    visit: (value: Exclude<E[F], undefined>, number: number) => void,
  ): void {
    for (const { from: first, start, block } of this.blocks)
      if (start + block.count > from)
        block.scan(field, Math.max(from, first) - start, (value, index) => visit(value as never, start + index));
  }

  /** All of them. */
  toArray(): E[] {
    const first = this.blocks[0]?.from ?? this.length;
    return Array.from({ length: this.length - first }, (_, index) => this.at(first + index));
  }

  /** The list with another end, from one of its documents on. */
  withEnd(end: EntryList<E>): EntryList<E> {
    const [first] = end.blocks;
    const before = first ? this.blocks.filter(({ from }) => from < first.from) : this.blocks;
    return new EntryList([...before, ...end.blocks], end.length, this.origin);
  }

  /** The number of the first entry of the last document. */
  get lastDocument(): number {
    return this.blocks.at(-1)?.start ?? 0;
  }

  private blockOf(number: number) {
    let [low, high] = [0, this.blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.blocks[middle]!.from <= number) low = middle;
      else high = middle - 1;
    }
    return this.blocks[low]!;
  }
}

/** The entries of a block, in their order; values that recur are shared, so nobody changes them. */
export const unpack = <E>(block: EntryBlock): E[] => {
  const entries = Array.from({ length: block.count }, (): Record<string, unknown> => ({}));
  for (const [name, column] of Object.entries(block.fields)) {
    const unpacked = loaded(column);
    for (let index = 0; index < block.count; index++) {
      const value = valueOf(unpacked, index);
      if (value !== undefined) entries[index]![name] = value;
    }
  }
  return entries as E[];
};

const loadedBlock = ({ doc }: Document): LoadedBlock => new LoadedBlock(doc as unknown as EntryBlock);

/**
 * A list from a number on. What a row and a block both hold counts once: a store that writes one after the other shows both
 * for a moment.
 * @param documents of the list, in the order of their ids
 * @returns undefined where one is missing
 */
export const listOf = <E>(documents: readonly Document[], from = 0): EntryList<E> | undefined => {
  const blocks = [];
  let length = from;
  for (const document of documents) {
    const [start, block] = [numberOf(document.id), loadedBlock(document)];
    if (start > length) return undefined;
    if (start + block.count <= length) continue;
    blocks.push({ from: length, start, block });
    length = start + block.count;
  }
  return new EntryList(blocks, length);
};

/**
 * Whether documents of a list are of one fold of it. One that is folded anew is written anew from its first document on, all
 * with the position of that or a later one; a store that writes one after the other shows some of before for a moment.
 */
export const areOfOneFold = (documents: readonly Document[]): boolean => {
  let refoldedAt = '';
  for (const document of documents) {
    const [{ position }, block] = [document, loadedBlock(document)];
    const last = block.value('position', block.count - 1) as Position;
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

/** Which of these lists are there: each has a document from its first entry on. */
export const knownLists = async (
  documents: Documents,
  collection: Collection,
  keys: readonly string[],
): Promise<ReadonlySet<string>> => {
  const found = await documents.getMany(
    collection,
    keys.map((key) => idOf(key, 0)),
  );
  return new Set([...found.keys()].map(listKeyOf));
};

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
    const isKnown = (document: Document) => (loadedBlock(document).value('position', 0) as Position) <= upTo;
    const all = listOf<IndexEntry>(found.filter(isKnown), start)?.toArray();
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
    documents.push({ id: idOf(key, start + from), doc: { ...pack(some, { lines: some.length > row }) }, position: at });
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
