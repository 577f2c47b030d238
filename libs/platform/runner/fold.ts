import {
  codeOf,
  START,
  type Checkpoint,
  type Collection,
  type Document,
  type Documents,
  type Fence,
  type Parked,
  type Projection,
  type StoredEvent,
} from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { collectionOf } from '../documents';
import { Digest } from './digest';
import type { DecodedPage } from './page';

/** What follows the log with a checkpoint of its own: a generation of a read model, or a policy. */
export interface Follower {
  readonly name: string;
  /** Event types it takes; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Everything up to here is handled and saved. */
  readonly position: string;
  /** Everything up to here is handled, and visible to readers. */
  readonly handled: string;
  /** Handles a page that begins at or before its position. */
  take(page: DecodedPage): Promise<void>;
  /** Saves what is not saved yet. */
  flush(): Promise<void>;
}

const DIRTY_LIMIT = 50_000;
/** A fold that is behind saves this often: documents of one person recur in neighbouring pages. */
const PAGES_UNSAVED = 5;

/** Folds the log into one generation of a read model: load each document once, fold in memory, write once. */
export class Fold implements Follower {
  readonly name: string;
  readonly types: readonly string[] | undefined;
  private readonly collection: Collection;
  private readonly subscribed: ReadonlySet<string> | undefined;
  private dirty = new Map<string, Document>();
  private readonly recent = new LRUCache<string, Document>({ max: 20_000 });
  private readonly parked = new Map<string, Parked>();
  private newlyParked: Parked[] = [];
  private seen = new Digest();
  private reached = START;
  private saved = START;
  private unsaved = false;
  private pagesUnsaved = 0;
  /** Some document or parked sequence is not saved yet; without it only the checkpoint is behind. */
  private changed = false;
  /** No document was written before this run, so none needs to be loaded, and all can be inserted. */
  private empty = false;

  private constructor(
    private readonly documents: Documents,
    readonly projection: Projection,
    generation: string,
    private readonly fence: () => Fence,
    /** Write behind until many documents are dirty: for rebuilds. Live folds save as soon as they are at the tip. */
    private readonly behind: boolean,
  ) {
    this.name = generation;
    this.types = projection.types;
    this.collection = collectionOf(projection, generation);
    this.subscribed = projection.types && new Set(projection.types);
  }

  /** Takes up a generation where its checkpoint left it. */
  static async open(
    documents: Documents,
    projection: Projection,
    generation: string,
    fence: () => Fence,
    { behind = false } = {},
  ): Promise<Fold> {
    const fold = new Fold(documents, projection, generation, fence, behind);
    await documents.prepare(fold.collection);
    const checkpoint = await documents.checkpoint(generation);
    if (checkpoint) {
      fold.seen = new Digest(checkpoint);
      fold.reached = fold.saved = checkpoint.position;
    }
    for (const parked of await documents.parked(generation)) fold.parked.set(parked.sequence, parked);
    fold.empty = !checkpoint && (await documents.count(fold.collection)) === 0;
    return fold;
  }

  get position(): string {
    return this.saved;
  }

  get handled(): string {
    return this.changed ? this.saved : this.reached;
  }

  async take(page: DecodedPage): Promise<void> {
    if (page.position <= this.reached && page.position !== START) return;
    if (this.projection.personal) await page.openAll();
    const work: { event: StoredEvent; index: number; keys: readonly string[] }[] = [];
    const wanted = new Set<string>();
    for (let index = 0; index < page.events.length; index++) {
      const event = page.events[index]!;
      if (event.position <= this.reached) continue;
      if (this.subscribed && !this.subscribed.has(event.type)) continue;
      this.seen.add(event.position, event.id);
      const keys = this.keysOf(event, this.projection.personal ? page.openAt(index) : page.at(index));
      if (keys.length === 0) continue;
      work.push({ event, index, keys });
      for (const key of keys) if (!this.dirty.has(key)) wanted.add(key);
    }
    await this.load([...wanted]);
    for (const { event, index, keys } of work)
      for (const key of keys) this.foldInto(key, event, this.projection.personal ? page.openAt(index) : page.at(index));
    this.reached = page.position;
    this.unsaved = true;
    this.changed ||= work.length > 0 || this.newlyParked.length > 0;
    if (!this.changed) return;
    this.pagesUnsaved++;
    const waited = !this.behind && (page.atTip || this.pagesUnsaved >= PAGES_UNSAVED);
    if (waited || this.dirty.size >= DIRTY_LIMIT) await this.flush();
  }

  private keysOf(event: StoredEvent, decoded: unknown): readonly string[] {
    try {
      if (decoded instanceof Error) throw decoded;
      if (this.parked.has(`stream:${event.stream}`)) return [];
      return this.projection.keys(decoded as Parameters<Projection['keys']>[0]);
    } catch (error) {
      this.park(`stream:${event.stream}`, event, error);
      return [];
    }
  }

  private foldInto(key: string, event: StoredEvent, decoded: unknown): void {
    if (this.parked.has(key)) return; // its sequence waits behind an event that could not be folded
    const known = this.dirty.get(key);
    if (known && known.position >= event.position) return; // delivered again
    try {
      const before = known?.doc ?? this.projection.initial(key);
      const doc = this.projection.fold(before, decoded as Parameters<Projection['fold']>[1], key);
      this.dirty.set(key, { id: key, doc, position: event.position });
    } catch (error) {
      this.park(key, event, error);
    }
  }

  private park(sequence: string, event: StoredEvent, error: unknown): void {
    if (this.parked.has(sequence)) return;
    const parked = {
      follower: this.name,
      sequence,
      position: event.position,
      eventId: event.id,
      code: codeOf(error),
      message: `${event.type} could not be folded.`, // the error's own text may hold personal data
    };
    this.parked.set(sequence, parked);
    this.newlyParked.push(parked);
  }

  private async load(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => {
      const known = this.recent.get(id);
      if (known) this.dirty.set(id, known);
      return !known;
    });
    if (missing.length === 0 || this.empty) return;
    for (const [id, document] of await this.documents.getMany(this.collection, missing)) this.dirty.set(id, document);
  }

  async flush(): Promise<void> {
    if (!this.unsaved) return;
    const documents = [...this.dirty.values()].filter(({ position }) => position > this.saved);
    const checkpoint: Checkpoint = { position: this.reached, count: this.seen.count, digest: this.seen.hex() };
    await this.documents.commit({
      ...(documents.length > 0 && { writes: { collection: this.collection, documents, fresh: this.empty } }),
      follower: this.name,
      checkpoint,
      parked: this.newlyParked,
      fence: this.fence(),
    });
    if (documents.length > 0) this.empty = false;
    this.newlyParked = [];
    for (const document of this.dirty.values()) this.recent.set(document.id, document);
    this.dirty = new Map();
    this.saved = this.reached;
    this.unsaved = this.changed = false;
    this.pagesUnsaved = 0;
  }
}
