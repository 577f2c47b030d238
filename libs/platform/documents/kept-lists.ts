import { getHeapStatistics } from 'node:v8';
import type { Collection, Document, Documents, IndexEntry } from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { boundByHeap } from '../caches';
import { areOfOneFold, listOf, whereList, type EntryList } from './index-runs';

/** What an entry takes once all of it was asked for, with what is made of it, in bytes; lists take at most an eighth of the heap. */
const ENTRY_BYTES = 600;
const KEPT_ENTRIES = Math.floor(getHeapStatistics().heap_size_limit / 8 / ENTRY_BYTES);
/** What a list takes beside its entries, as entries. */
const LIST_SIZE = 4;
/** New documents of a list from which on it is read whole. */
const MAX_NEW_DOCUMENTS = 1000;

/**
 * The lists of indexes that a process keeps between questions, so that the next question reads what was added since. Lists
 * are only added to, by a parked event that is folded late in the middle: so while an entry has its number, all before it
 * are those that were there. A new generation is another list.
 */
export class KeptLists {
  private readonly lists = boundByHeap(
    new LRUCache<string, EntryList>({
      maxSize: KEPT_ENTRIES,
      sizeCalculation: ({ length }) => LIST_SIZE + length,
    }),
  );

  constructor(private readonly documents: Documents) {}

  /** A list that is kept, with what was added since. @returns undefined: read the whole list */
  async read(collection: Collection, key: string): Promise<EntryList | undefined> {
    const id = idOf(collection, key);
    const kept = this.lists.get(id);
    if (!kept) return undefined;
    const where = whereList(key, kept.lastDocument);
    const found = await this.documents.find(collection, { where, limit: MAX_NEW_DOCUMENTS });
    const end = listOf<IndexEntry>(found, kept.lastDocument);
    const last = kept.length - 1;
    if (
      found.length === MAX_NEW_DOCUMENTS ||
      !end ||
      end.length < kept.length ||
      end.get(last, 'position') !== kept.get(last, 'position')
    ) {
      this.lists.delete(id);
      return undefined;
    }
    if (end.length === kept.length) return kept;
    const grown = kept.withEnd(end);
    this.lists.set(id, grown);
    return grown;
  }

  /** Keeps a list that was read whole. @param documents of the list, in the order of their ids */
  keep(collection: Collection, key: string, list: EntryList, documents: readonly Document[]): void {
    if (list.length > 0 && areOfOneFold(documents)) this.lists.set(idOf(collection, key), list);
  }
}

const idOf = ({ name }: Collection, key: string): string => `${name}/${key}`;
