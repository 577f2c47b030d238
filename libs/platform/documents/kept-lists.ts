import { getHeapStatistics } from 'node:v8';
import type { Collection, Document, Documents, IndexEntry } from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { boundByHeap } from '../caches';
import { areOfOneFold, entriesOf, firstNumberOf, whereList } from './index-runs';

/** What an entry takes, with what is prepared of it, in bytes; lists take at most an eighth of the heap. */
const ENTRY_BYTES = 800;
const KEPT_ENTRIES = Math.floor(getHeapStatistics().heap_size_limit / 8 / ENTRY_BYTES);
/** What a list takes beside its entries, as entries. */
const LIST_SIZE = 4;
/** New documents of a list from which on it is read whole. */
const MAX_NEW_DOCUMENTS = 1000;

interface KeptList {
  readonly entries: readonly IndexEntry[];
  /** The number of the first entry of its last document. */
  readonly lastDocument: number;
}

/**
 * The lists of indexes that a process keeps between questions, so that the next question reads what was added since. Lists
 * are only added to, by a parked event that is folded late in the middle: so while an entry has its number, all before it
 * are those that were there. A new generation is another list.
 */
export class KeptLists {
  private readonly lists = boundByHeap(
    new LRUCache<string, KeptList>({
      maxSize: KEPT_ENTRIES,
      sizeCalculation: ({ entries }) => LIST_SIZE + entries.length,
    }),
  );

  constructor(private readonly documents: Documents) {}

  /**
   * A list that is kept, with what was added since.
   * @returns entries that are the same objects as long as the list is kept; undefined: read the whole list
   */
  async entries<E>(collection: Collection, key: string): Promise<readonly E[] | undefined> {
    const id = idOf(collection, key);
    const kept = this.lists.get(id);
    if (!kept) return undefined;
    const { entries, lastDocument } = kept;
    const where = whereList(key, lastDocument);
    const found = await this.documents.find(collection, { where, limit: MAX_NEW_DOCUMENTS });
    const end = entriesOf<IndexEntry>(found, lastDocument);
    const known = entries.length - lastDocument;
    if (found.length === MAX_NEW_DOCUMENTS || end?.[known - 1]?.position !== entries.at(-1)!.position) {
      this.lists.delete(id);
      return undefined;
    }
    if (end.length === known) return entries as readonly E[];
    return this.set(id, [...entries, ...end.slice(known)], found) as readonly E[];
  }

  /** Keeps a list that was read whole. @param documents of the list, in the order of their ids */
  keep<E>(collection: Collection, key: string, entries: readonly E[], documents: readonly Document[]): void {
    if (entries.length > 0 && areOfOneFold(documents))
      this.set(idOf(collection, key), entries as unknown as readonly IndexEntry[], documents);
  }

  private set(id: string, entries: readonly IndexEntry[], documents: readonly Document[]): readonly IndexEntry[] {
    this.lists.set(id, { entries, lastDocument: firstNumberOf(documents.at(-1)!) });
    return entries;
  }
}

const idOf = ({ name }: Collection, key: string): string => `${name}/${key}`;
