import {
  LOG_STATE,
  START,
  type Collection,
  type Document,
  type LogFold,
  type LogFolding,
  type LogState,
  type Projection,
} from '@baton/kernel';
import { collectionOf, firstGeneration } from '../documents';
import { Digest } from './digest';
import type { FoldOptions, Follower, FoldStores } from './fold';
import type { HeldFence } from './leases';
import type { DecodedPage } from './page';

/** Rows that wait to be written; a row holds the hashes of some hundred events. */
const ROWS_UNSAVED = 200;

/**
 * Folds the whole log, event by event as it is stored, into one generation of a fold of the log. Nothing is parked,
 * because nothing is decoded. Rows of an interrupted commit are written again with the same bytes.
 */
export class LogFollower implements Follower {
  readonly name: string;
  readonly types = undefined;
  private readonly collection: Collection;
  private readonly owner: string;
  private folding: LogFolding;
  private digest: Digest;
  private handledTo = START;
  private savedTo = START;
  private last = START;
  private rows: Document[] = [];
  private unsaved = false;
  private changed = false;

  private constructor(
    private readonly stores: FoldStores,
    projection: Projection,
    private readonly ofLog: LogFold,
    generation: string,
    private readonly fence: HeldFence,
  ) {
    this.name = generation;
    this.owner = firstGeneration(projection);
    this.collection = collectionOf(projection, generation);
    this.digest = new Digest(this.owner);
    this.folding = this.ofLog.from(undefined);
  }

  /** Opens a generation at its checkpoint. */
  static async open(
    stores: FoldStores,
    projection: Projection,
    ofLog: LogFold,
    generation: string,
    fence: HeldFence,
    { from }: Pick<FoldOptions, 'from'> = {},
  ): Promise<LogFollower> {
    const { documents } = stores;
    const follower = new LogFollower(stores, projection, ofLog, generation, fence);
    await documents.prepare(follower.collection);
    const checkpoint = await documents.checkpoint(generation);
    const saved = (await documents.getMany(follower.collection, [LOG_STATE])).get(LOG_STATE);
    const { count, state } = (saved?.doc ?? { count: 0 }) as Partial<LogState>;
    // A store that writes one document after the other may have saved a later state and not the checkpoint: then the log
    // is folded again from its beginning, into the same rows.
    if (checkpoint && count === checkpoint.count) {
      follower.folding = ofLog.from(state);
      follower.digest = new Digest(follower.owner, checkpoint);
      follower.last = saved?.position ?? START;
      follower.handledTo = follower.savedTo = from ?? checkpoint.position;
    }
    return follower;
  }

  get position(): string {
    return this.savedTo;
  }

  get handled(): string {
    return this.changed ? this.savedTo : this.handledTo;
  }

  async take(page: DecodedPage): Promise<void> {
    if (page.position <= this.handledTo && page.position !== START) return;
    for (let index = 0; index < page.events.length; index++) {
      const event = page.events[index]!;
      const { position } = event;
      if (position <= this.handledTo) continue;
      this.digest.add(event, page.hashAt(index));
      for (const { id, doc } of this.folding.add(event)) this.rows.push({ id, doc, position });
      this.last = position;
      this.changed = true;
    }
    this.handledTo = page.position;
    this.unsaved = true;
    if (this.rows.length >= ROWS_UNSAVED) await this.flush();
  }

  async saveChanges(): Promise<void> {
    if (this.changed) await this.flush();
  }

  async flush(): Promise<void> {
    if (!this.unsaved) return;
    const { count } = this.digest;
    const state = {
      id: LOG_STATE,
      doc: { count, state: this.folding.state() } satisfies LogState,
      position: this.last,
    };
    await this.stores.documents.commit({
      follower: this.name,
      ...(this.changed && { writes: { collection: this.collection, documents: [...this.rows, state] } }),
      checkpoint: this.digest.at(this.handledTo),
      fence: await this.fence(),
    });
    this.rows = [];
    this.savedTo = this.handledTo;
    this.unsaved = this.changed = false;
  }
}
