import {
  ERASURE,
  rowIdOf,
  rowIdsOf,
  withoutSealed,
  type Collection,
  type Commit,
  type Document,
  type Documents,
  type SubjectHistory,
  type StoredEvent,
} from '@baton/kernel';
import { isDeepStrictEqual } from 'node:util';
import { pagesOf } from '../documents';

/** Documents that are written, and the ids of those that go, which are known once the documents were read. */
export type Writes = Pick<NonNullable<Commit['writes']>, 'collection' | 'documents'> & { readonly removed: string[] };

/**
 * The rows of a read model whose history makes rows, as long as they are not saved. They are saved before the states of
 * their subjects: whoever stops in between folds the same events again, into the same rows.
 */
export class SubjectRows {
  private changed = new Map<string, Document>();
  private dropped = new Set<string>();
  /** Of subjects that are erased in the page at hand. */
  private stored = new Map<string, readonly Document[]>();

  constructor(
    private readonly documents: Documents,
    private readonly collection: Collection,
    private readonly history: SubjectHistory,
    /** @throws Refused for a row that the store would refuse */
    private readonly check: (row: object) => void,
  ) {}

  get size(): number {
    return this.changed.size + this.dropped.size;
  }

  /** Reads the rows of subjects, because an erasure changes rows of which no state knows any more. */
  async load(subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) {
      const rows: Document[] = [];
      const where = { id: rowIdsOf(subject) };
      for await (const page of pagesOf(this.documents, this.collection, { where })) rows.push(...page);
      this.stored.set(subject, rows);
    }
  }

  /**
   * Folds an event into the state of a subject.
   * @param position that its rows then have
   * @returns the next state
   */
  step(before: object | undefined, event: StoredEvent, subject: string, position: string): object {
    const { initial, step } = this.history;
    if (event.type === ERASURE) return this.erase(before ?? initial(subject), subject, position);
    const { state, put = [], drop = [] } = step(before ?? initial(subject), event, subject);
    for (const { row } of put) this.check(row);
    for (const { id, row } of put) this.put({ id: rowIdOf(subject, id), doc: row, position });
    for (const one of drop) {
      const id = rowIdOf(subject, one);
      this.changed.delete(id);
      this.dropped.add(id);
    }
    return state;
  }

  private put(row: Document): void {
    this.dropped.delete(row.id);
    this.changed.set(row.id, row);
  }

  private erase(state: object, subject: string, position: string): object {
    const start = rowIdOf(subject, '');
    const unsaved = [...this.changed.values()].filter(({ id }) => id.startsWith(start));
    const rows = new Map([...(this.stored.get(subject) ?? []), ...unsaved].map((row) => [row.id, row]));
    for (const row of rows.values()) {
      const doc = withoutSealed(row.doc as object, subject);
      if (!this.dropped.has(row.id) && !isDeepStrictEqual(doc, row.doc)) this.put({ id: row.id, doc, position });
    }
    return withoutSealed(state, subject);
  }

  /** The page with the erasures is folded. */
  forget(): void {
    this.stored.clear();
  }

  /** @param commit writes them under the checkpoint that was saved last: the states are still those of it */
  async save(commit: (writes: Writes) => Promise<void>): Promise<void> {
    if (this.size === 0) return;
    await commit({
      collection: this.collection,
      documents: [...this.changed.values()],
      removed: [...this.dropped],
    });
    this.changed = new Map();
    this.dropped = new Set();
  }
}
