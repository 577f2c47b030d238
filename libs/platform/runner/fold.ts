import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ERASURE,
  partsOf,
  Refused,
  START,
  type Checkpoint,
  type Collection,
  type ColumnType,
  type Document,
  type EventLog,
  type Journal,
  type Projection,
  type Scalar,
  type RawEvent,
  type StoredEvent,
} from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { boundByHeap } from '../caches';
import {
  blockDocument,
  blockIdsIn,
  blocksOf,
  collectionOf,
  emptyList,
  firstGeneration,
  fitsColumn,
  joinDocument,
  knownLists,
  listAfterSave,
  loadOpenList,
  missingEntries,
  pagesOf,
  splitDocument,
  statesOf,
  whereBlocks,
  writesOf,
  type ListSizes,
  type OpenList,
} from '../documents';
import { discardedBy, pageParts, type ParkingDecision } from './decisions';
import { Digest } from './digest';
import type { HeldFence } from './leases';
import type { DecodedPage } from './page';
import { keysOfStream, refold, type AroundFold, type FoldFailure } from './refold';
import { ParkedSequences, type ParkedSequenceStores } from './parked-sequences';
import { SubjectRows, type Writes } from './subject-rows';
import { UnsavedDocuments } from './unsaved-documents';

/** Follows the log with a checkpoint of its own: a generation of a read model, or a policy. */
export interface Follower {
  readonly name: string;
  /** The event types it handles; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Everything up to here is handled and saved. */
  readonly position: string;
  /** Everything up to here is handled and visible to readers; it may lie after `position`. */
  readonly handled: string;
  /** Handles a page that begins at or before its position. */
  take(page: DecodedPage): Promise<void>;
  /** Saves what is not saved yet, also a checkpoint alone. */
  flush(): Promise<void>;
  /** Saves if there is more than a checkpoint to save: readers see all that is handled. */
  saveChanges(): Promise<void>;
}

export interface FoldStores extends ParkedSequenceStores {
  readonly log: Pick<EventLog, 'read' | 'readAll'>;
  readonly journal: Journal;
  readonly aroundFold?: AroundFold | undefined;
  /** How many documents (for an index: rows) a fold caches; 20 000 by default. */
  readonly maxCachedDocuments?: number;
  readonly rebuildLimits?: RebuildLimits;
}

/** With so many unsaved documents a fold saves, whatever its group says; a rebuild when they take so much memory. */
const UNSAVED_DOCUMENTS = 20_000;
/**
 * What a rebuild holds in memory: documents as objects, bytes of packed ones, and rows that history makes; and how many
 * documents one of its commits writes.
 */
export interface RebuildLimits {
  readonly objects: number;
  readonly bytes: number;
  readonly rows: number;
  readonly committed: number;
}
const REBUILD_LIMITS: RebuildLimits = { objects: 5_000, bytes: 128 * 2 ** 20, rows: 50_000, committed: 5_000 };
/** From so many documents with long lists on, those that are not cached are forgotten. */
const MANY_LONG = 1_000;
export interface FoldOptions {
  /** Nobody reads the generation yet. */
  readonly rebuilds?: boolean;
  /** Whether the checkpoint carries a digest of the events; true by default. */
  readonly counts?: boolean;
  /** An earlier position, if the log ends before the checkpoint. */
  readonly from?: string;
}

/** Folds the log into one generation of a read model: load each document once, fold in memory, write once. */
export class Fold implements Follower {
  readonly name: string;
  readonly types: readonly string[] | undefined;
  /** Of the documents; where history makes rows, of the states of their subjects. */
  private readonly collection: Collection;
  private readonly rows: SubjectRows | undefined;
  /** Of the blocks of long lists. */
  private readonly blocks: Collection | undefined;
  /** The ids of the blocks that documents have in the store: of those that are cached, and of some others. */
  private readonly savedBlocks = new Map<string, ReadonlySet<string>>();
  /** The position that the rows of a step then have. */
  private stepPosition = START;
  private savedCheckpoint: Checkpoint;
  private readonly subscribed: ReadonlySet<string> | undefined;
  private readonly columns: readonly (readonly [string, ColumnType])[];
  /** The name used in decisions about its parked sequences; the same for all generations. */
  private readonly followerId: string;
  /** By key; for an index the document is the unfinished end of the key's list. */
  private dirty: UnsavedDocuments;
  private readonly limits: RebuildLimits;
  private readonly cache: LRUCache<string, Document>;
  private readonly parked: ParkedSequences;
  private digest: Digest;
  private handledTo = START;
  private savedTo = START;
  private unsaved = false;
  /** Entries of an index that are not saved yet. */
  private entriesUnsaved = 0;
  /** Whether a document or parked sequence is unsaved; if not, only the checkpoint is behind. */
  private changed = false;
  /** Among the unsaved changes is an erasure. */
  private forgets = false;
  /** The generation has no documents yet: none needs to be loaded, and all can be inserted. */
  private isNew = false;

  private constructor(
    private readonly stores: FoldStores,
    readonly projection: Projection,
    generation: string,
    private readonly fence: HeldFence,
    /** Nobody reads this generation yet: it saves when it must, and at the end. */
    private readonly rebuilds: boolean,
    /** Whether the checkpoint carries a digest of the events; computing it costs as much as reading them. */
    private readonly keepsDigest: boolean,
  ) {
    this.name = generation;
    this.parked = new ParkedSequences(generation);
    // `maxSize` and not `max`, because LRUCache allocates room for `max` entries at once, for each read model.
    this.limits = stores.rebuildLimits ?? REBUILD_LIMITS;
    this.dirty = new UnsavedDocuments(generation, this.limits.objects);
    const cache = new LRUCache<string, Document>({
      maxSize: stores.maxCachedDocuments ?? 20_000,
      sizeCalculation: ({ doc }) => (projection.listSizes ? 1 + (doc as OpenList).entries.length : 1),
    });
    this.cache = boundByHeap(cache);
    this.types = projection.types;
    const { history } = projection;
    const collection = collectionOf(projection, generation);
    this.collection = history ? statesOf(generation) : collection;
    this.rows = history && new SubjectRows(stores.documents, collection, history, (row) => this.checkColumns(row));
    this.blocks = projection.longLists && blocksOf(generation);
    this.subscribed = projection.types && new Set(projection.types);
    this.columns = Object.entries(projection.columns);
    this.followerId = firstGeneration(projection);
    this.digest = new Digest(this.followerId);
    this.savedCheckpoint = this.digest.at(START);
  }

  /** Opens a generation at its checkpoint. */
  static async open(
    stores: FoldStores,
    projection: Projection,
    generation: string,
    fence: HeldFence,
    { rebuilds = false, counts = true, from }: FoldOptions = {},
  ): Promise<Fold> {
    const { documents } = stores;
    const fold = new Fold(stores, projection, generation, fence, rebuilds, counts);
    await fold.prepare();
    const checkpoint = await documents.checkpoint(generation);
    if (checkpoint) {
      fold.digest = new Digest(fold.followerId, checkpoint);
      fold.savedCheckpoint = checkpoint;
      fold.handledTo = fold.savedTo = from ?? checkpoint.position;
    }
    await fold.parked.load(documents);
    const rows = collectionOf(projection, generation);
    fold.isNew =
      !checkpoint && (await documents.count(fold.collection)) + (fold.rows ? await documents.count(rows) : 0) === 0;
    return fold;
  }

  private async prepare(): Promise<void> {
    const { projection, stores } = this;
    await stores.documents.prepare(this.collection);
    if (this.rows) await stores.documents.prepare(collectionOf(projection, this.name));
    if (this.blocks) await stores.documents.prepare(this.blocks);
  }

  get position(): string {
    return this.savedTo;
  }

  get handled(): string {
    return this.changed ? this.savedTo : this.handledTo;
  }

  async take(page: DecodedPage): Promise<void> {
    if (page.position <= this.handledTo && page.position !== START) return;
    const at = await page.viewFor(this.projection);
    for (const { start, end, decision } of pageParts(page.events, this.handledTo, this.followerId)) {
      await this.foldPart(page, at, start, end);
      if (decision) await this.applyDecision(decision);
    }
    this.handledTo = page.position;
    this.unsaved = true;
    if (this.changed && this.isFull()) await this.flush();
  }

  async saveChanges(): Promise<void> {
    if (this.changed) await this.flush();
  }

  private isFull(): boolean {
    const rows = this.rows?.size ?? 0;
    if (this.rebuilds) return this.dirty.bytes >= this.limits.bytes || rows >= this.limits.rows;
    return this.dirty.size + this.entriesUnsaved + rows >= UNSAVED_DOCUMENTS;
  }

  private async foldPart(page: DecodedPage, at: (index: number) => unknown, start: number, end: number): Promise<void> {
    const work: { event: RawEvent; index: number; keys: readonly string[] }[] = [];
    const wanted = new Set<string>();
    for (let index = start; index < end; index++) {
      const event = page.events[index]!;
      if (event.position <= this.handledTo) continue;
      if (this.subscribed && !this.subscribed.has(event.type)) continue;
      if (this.keepsDigest) this.digest.add(event, page.hashAt(index));
      const keys = this.keysOf(event, at(index));
      if (keys.length === 0) continue;
      work.push({ event, index, keys });
      for (const key of keys) if (!this.dirty.has(key)) wanted.add(key);
    }
    await this.load([...wanted]);
    const erased = work.flatMap(({ event: { type }, keys }) => (type === ERASURE ? keys : []));
    if (!this.isNew) await this.rows?.load(erased);
    for (const { event, index, keys } of work) for (const key of keys) this.foldInto(key, event, at(index));
    this.rows?.forget();
  }

  private keysOf(event: RawEvent, decoded: unknown): readonly string[] {
    try {
      if (decoded instanceof Error) throw decoded;
      if (this.parked.has(`stream:${event.stream}`)) return [];
      return this.projection.keys(decoded as Parameters<Projection['keys']>[0]);
    } catch (error) {
      this.park(`stream:${event.stream}`, event, error);
      return [];
    }
  }

  private foldInto(key: string, event: RawEvent, decoded: unknown): void {
    const known = this.dirty.get(key);
    // Parked: an earlier event could not be folded. An erasure does not wait for a decision about it.
    if (this.parked.has(key) && !(known && event.type === ERASURE)) return;
    if (known && known.position >= event.position) return; // delivered again
    this.stepPosition = event.position;
    try {
      const doc = this.step(known?.doc as object | undefined, decoded, key);
      if (doc === undefined) return;
      this.dirty.set({ id: key, doc, position: event.position });
      this.changed = true;
      this.forgets ||= event.type === ERASURE;
    } catch (error) {
      this.park(key, event, error);
    }
  }

  /**
   * Folds one event into one document and checks its column types: a store would refuse every later commit with a wrong
   * one.
   * @returns undefined if the fold returns what it was given: an event that changes nothing writes nothing, and a document
   *   of which nothing has been said does not exist
   */
  private step(before: object | undefined, decoded: unknown, key: string): object | undefined {
    const { projection } = this;
    if (projection.listSizes) return this.withEntry(before as OpenList | undefined, decoded, key);
    if (this.rows) return this.rows.step(before, decoded as StoredEvent, key, this.stepPosition);
    const from = (before ?? projection.initial(key)) as object;
    const doc = projection.fold(from, decoded as Parameters<Projection['fold']>[1], key) as object;
    if (doc === from) return undefined;
    this.checkColumns(doc, before);
    return doc;
  }

  /** @param before whose columns fit: only what is different is looked at */
  private checkColumns(doc: object, before?: object): void {
    const [values, known] = [doc, before] as Readonly<Record<string, Scalar | undefined>>[];
    for (const [column, type] of this.columns)
      if ((!known || values![column] !== known[column]) && !fitsColumn(type, values![column] ?? null))
        throw new Refused(
          'documents/wrong-type',
          `${column} of ${this.projection.name} is not of type ${type}.`,
          column,
        );
  }

  private withEntry(list: OpenList = emptyList(), decoded: unknown, key: string): OpenList {
    const { projection } = this;
    list.entries.push(projection.fold(projection.initial(key), decoded as Parameters<Projection['fold']>[1], key));
    this.entriesUnsaved++;
    return list;
  }

  private park(sequence: string, event: RawEvent, error: unknown): void {
    if (this.parked.has(sequence)) return;
    this.changed = true;
    this.parked.park(sequence, event, error, 'folded');
  }

  /** Folds a parked sequence again, up to the decision, whose position its documents then have. */
  private async applyDecision({ sequence, eventId, position: upTo }: ParkingDecision): Promise<void> {
    const waiting = this.parked.get(sequence);
    if (!waiting || waiting.eventId !== eventId) return; // no longer parked, or at another event
    const { log, journal, aroundFold } = this.stores;
    this.parked.delete(sequence);
    this.changed = true;
    const discarded = await discardedBy(log, this.followerId, upTo);
    const step = this.step.bind(this);
    const plan = { log, journal, projection: this.projection, step, discarded, parked: this.parked, upTo, aroundFold };
    const stream = sequence.startsWith('stream:') ? sequence.slice('stream:'.length) : undefined;
    const keys = stream ? await keysOfStream(plan, stream, waiting.position) : new Set([sequence]);
    if (!(keys instanceof Set)) return this.park(sequence, keys.event, keys.error);
    for (const key of keys) if (this.parked.has(key)) keys.delete(key);
    this.stepPosition = upTo;
    const { documents, failures } = await refold(plan, keys);
    for (const [id, doc] of documents)
      this.dirty.set({ id, doc: this.projection.listSizes ? { ...doc, refoldedAt: upTo } : doc, position: upTo });
    for (const [key, { event, error }] of failures as Map<string, FoldFailure>) this.park(key, event, error);
  }

  private async load(ids: readonly string[]): Promise<void> {
    const { listSizes } = this.projection;
    const missing = ids.filter((id) => {
      const known = this.cache.get(id);
      if (!known) return true;
      // Not both: the one in the cache would be out of date once the other is saved and no object any more.
      this.cache.delete(id);
      this.dirty.set(known);
      return false;
    });
    if (missing.length === 0 || this.isNew) return;
    if (listSizes) return this.loadLists(missing, listSizes);
    for (const document of (await this.stores.documents.getMany(this.collection, missing)).values())
      this.dirty.set(this.blocks ? await this.withLists(document, this.blocks) : document);
  }

  /** Blocks that a commit which was cut short has left behind are found, too, and go with the next one. */
  private async withLists(document: Document, blocks: Collection): Promise<Document> {
    const { id } = document;
    if (blockIdsIn(this.projection, document).length === 0) return document;
    const stored = new Map<string, Document>();
    for await (const page of pagesOf(this.stores.documents, blocks, { where: whereBlocks(id) }))
      for (const block of page) stored.set(block.id, block);
    const doc = joinDocument(this.projection, document, stored);
    if (!doc) throw missingEntries(this.collection, id);
    this.savedBlocks.set(id, new Set(stored.keys()));
    return { ...document, doc };
  }

  /** The blocks that are not saved yet; ids of those that no document names any more are added to `removed`. */
  private *newBlocks(removed: string[]): Iterable<Document> {
    for (const { id, doc, position } of this.dirty) {
      if (position <= this.savedTo) continue;
      const { blocks } = splitDocument(this.projection, id, doc as object);
      const saved = this.savedBlocks.get(id);
      for (const [block, entries] of blocks) if (!saved?.has(block)) yield blockDocument(block, entries);
      for (const block of saved ?? []) if (!blocks.has(block)) removed.push(block);
      if (blocks.size > 0) this.savedBlocks.set(id, new Set(blocks.keys()));
      else this.savedBlocks.delete(id);
    }
  }

  /** @returns the ids of blocks that go once the documents are saved that no longer name them */
  private async saveBlocks(collection: Collection): Promise<readonly string[]> {
    const removed: string[] = [];
    const documents = this.rebuilds ? this.newBlocks(removed) : [...this.newBlocks(removed)];
    if (!Array.isArray(documents) || documents.length > 0) await this.saveAhead({ collection, documents, removed: [] });
    return removed;
  }

  private async loadLists(keys: readonly string[], listSizes: ListSizes): Promise<void> {
    const { documents } = this.stores;
    // Most are new: one call of the store says so of all of them.
    const known = await knownLists(documents, this.collection, keys);
    const lists = await Promise.all(
      keys.map((key) =>
        known.has(key) ? loadOpenList(documents, this.collection, listSizes, key, this.savedTo) : emptyList(),
      ),
    );
    for (const [index, id] of keys.entries()) {
      const doc = lists[index]!;
      // Without rows after the last block every event after the checkpoint is new.
      const position = doc.entries.at(-1)?.position ?? START;
      this.dirty.set({ id, doc, position });
    }
  }

  /** The changed documents, in the form that is written; ids of rows that go are added to `removed` as they are reached. */
  private *changes(removed: string[]): Iterable<Document> {
    const { listSizes } = this.projection;
    for (const document of this.dirty) {
      if (document.position <= this.savedTo) continue;
      if (!listSizes) {
        yield this.blocks
          ? { ...document, doc: splitDocument(this.projection, document.id, document.doc as object).doc }
          : document;
        continue;
      }
      const list = writesOf(document.id, document.doc as OpenList, listSizes);
      if (!this.isNew) for (const id of list.removed) removed.push(id);
      yield* list.documents;
    }
  }

  /**
   * Saves what the saved checkpoint does not stand for yet. A rebuild saves it in parts, between which the process does
   * other things: nobody reads its generation yet, and one long commit would hold up everybody else.
   */
  private async saveAhead({ collection, documents, removed }: Writes): Promise<void> {
    const inParts = this.rebuilds;
    for (const part of inParts ? partsOf(documents, this.limits.committed) : [documents]) {
      await this.stores.documents.commit({
        writes: { collection, documents: part, removed, fresh: this.isNew },
        ...{ follower: this.name, checkpoint: this.savedCheckpoint, fence: await this.fence() },
      });
      removed.length = 0;
      if (inParts) await nextTurn();
    }
  }

  async flush(): Promise<void> {
    if (!this.unsaved) return;
    const { listSizes } = this.projection;
    await this.rows?.save((writes) => this.saveAhead(writes));
    const oldBlocks = this.blocks ? await this.saveBlocks(this.blocks) : [];
    const removed: string[] = [];
    let documents: Iterable<Document> = { [Symbol.iterator]: () => this.changes(removed)[Symbol.iterator]() };
    if (this.rebuilds && this.dirty.size + this.entriesUnsaved > this.limits.committed) {
      await this.saveAhead({ collection: this.collection, documents, removed });
      documents = [];
    }
    const checkpoint = this.digest.at(this.handledTo);
    await this.parked.commit(this.stores, {
      ...(this.changed && { writes: { collection: this.collection, documents, removed, fresh: this.isNew } }),
      checkpoint,
      fence: await this.fence(),
      forgets: this.forgets,
    });
    if (this.blocks && oldBlocks.length > 0)
      await this.stores.documents.commit({
        writes: { collection: this.blocks, documents: [], removed: oldBlocks },
        ...{ follower: this.name, checkpoint, fence: await this.fence(), forgets: this.forgets },
      });
    if (this.changed && this.isNew) {
      this.isNew = false;
      await this.prepare();
    }
    for (const document of this.dirty.recentOnes())
      this.cache.set(
        document.id,
        listSizes ? { ...document, doc: listAfterSave(document.doc as OpenList, listSizes) } : document,
      );
    if (this.savedBlocks.size > MANY_LONG)
      for (const id of this.savedBlocks.keys()) if (!this.cache.has(id)) this.savedBlocks.delete(id);
    this.dirty = new UnsavedDocuments(this.name, this.limits.objects);
    this.savedTo = this.handledTo;
    this.savedCheckpoint = checkpoint;
    this.unsaved = this.changed = this.forgets = false;
    this.entriesUnsaved = 0;
  }
}
