import { isDeepStrictEqual } from 'node:util';
import { MongoBulkWriteError, MongoServerError } from 'mongodb';
import type { AnyBulkWriteOperation, Collection as Stored, Db, Document as Bson, Filter, MongoClient } from 'mongodb';
import { batchesOf, Conflict, Documents } from '@baton/kernel';
import type {
  Aggregation,
  Checkpoint,
  Collection,
  Commit,
  Document,
  Fence,
  FindOptions,
  AggregateGroup,
  ParkedSequence,
  Scalar,
  Where,
} from '@baton/kernel';
import { columnsChanged, indexesOf, rowOf, signatureOf, type DocumentRow } from './columns';
import type { Link } from '../link';
import { generationDropped, leaseLost } from './refusals';
import { clientOf, linkTo, throughLink, withOutageError } from './mongodb-link';
import { filterOf, groupOf, measuredOf, pathOf } from './mongodb-query';
import { findInParts, sortedGroups, planAggregate, planFind, planWhere } from './query';

/** The document is JSON text, so that it comes back byte by byte whatever its keys are; `c` holds its columns. */
interface StoredDocument {
  readonly _id: string;
  readonly position: string;
  readonly doc: string;
  readonly c: DocumentRow['values'];
}
interface StoredLease {
  readonly _id: string;
  readonly holder: string | null;
  readonly token: number;
}
type StoredCheckpoint = Fence & { readonly _id: string; readonly checkpoint: Checkpoint };
type StoredParked = ParkedSequence & { readonly _id: { readonly follower: string; readonly sequence: string } };

const DUPLICATE_KEY = 11000;
/** Of one answer of the server; a bulk of guarded upserts takes up to a second. */
const DEADLINE_MS = 30_000;
const BULK = 1_000;
const unavailable = () => new Conflict('documents/unavailable', 'MongoDB does not answer; try again later.');
const COLLECTION_PREFIX = 'documents.of.';

/**
 * Documents in MongoDB. Each document is written only over an older position, each checkpoint only by the newest
 * lease, each by one compare-and-set on one document: nothing rests on transactions. A crash leaves a part of a page
 * written; its repetition changes nothing, and the checkpoint comes last.
 */
export class MongoDocuments extends Documents {
  private readonly prepared = new Map<string, string>();
  private readonly collections: Stored<{ _id: string; columns: string }>;
  private readonly checkpoints: Stored<StoredCheckpoint>;
  private readonly parkedSequences: Stored<StoredParked>;
  private readonly activeOf: Stored<{ _id: string; generation: string }>;
  private readonly heartbeats: Stored<{ _id: string; number: number }>;
  private readonly heldLeases: Stored<StoredLease>;
  private readonly dropped: Stored<{ _id: string }>;

  private constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
    private readonly link: Link,
  ) {
    super();
    this.collections = db.collection('documents.collections');
    this.checkpoints = db.collection('documents.checkpoints');
    this.parkedSequences = db.collection('documents.parked');
    this.activeOf = db.collection('documents.actives');
    this.heartbeats = db.collection('documents.beats');
    this.heldLeases = db.collection('documents.leases');
    this.dropped = db.collection('documents.dropped');
  }

  /**
   * @param url with the name of the database as its path; `baton` without one
   * @throws Conflict `documents/unavailable` when no server answers within five seconds
   * @throws Refused `config/invalid`
   */
  static async connect(url: string, deadlineMs = DEADLINE_MS): Promise<MongoDocuments> {
    const client = clientOf(url, deadlineMs, {
      writeConcern: { w: 'majority', journal: true },
      readConcern: { level: 'majority' },
      ignoreUndefined: true,
    });
    try {
      await withOutageError(client.connect(), unavailable);
    } catch (error) {
      await client.close();
      throw error;
    }
    // Without a path the driver would take the database `test`.
    const name = /^[^:]+:\/\/[^/]*\/([^/?]+)/.exec(url)?.[1];
    const link = linkTo(client, unavailable);
    return throughLink(new MongoDocuments(client, client.db(name ? decodeURIComponent(name) : 'baton'), link), link);
  }

  async prepare(collection: Collection): Promise<void> {
    const signature = signatureOf(collection);
    const { name, columns } = collection;
    if (this.prepared.get(name) === signature) return;
    await this.refuseDropped(name);
    const registered = await this.collections.findOne({ _id: name });
    if (registered && registered.columns !== signature) throw columnsChanged(collection);
    const tokens = Object.keys(columns).filter((column) => columns[column] === 'tokens');
    const indexes = [...indexesOf(collection), ...tokens.map((column) => [{ column, descending: false }])].map(
      (index) => ({
        key: new Map<string, 1 | -1>([
          ...index.map(({ column, descending }) => [pathOf(column), descending ? -1 : 1] as const),
          ['_id', index.at(-1)?.descending ? -1 : 1],
        ]),
      }),
    );
    if (indexes.length > 0) await this.collectionFor(collection).createIndexes(indexes);
    await this.collections.updateOne({ _id: name }, { $setOnInsert: { columns: signature } }, { upsert: true });
    this.prepared.set(name, signature);
  }

  async getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    signatureOf(collection);
    const found = await this.collectionFor(collection)
      .find({ _id: { $in: [...ids] } }, { projection: { c: 0 } })
      .toArray();
    return new Map(found.map((stored) => [stored._id, documentOf(stored)]));
  }

  async find(collection: Collection, find?: FindOptions): Promise<readonly Document[]> {
    const plan = planFind(collection, find);
    if (plan.limit === 0) return []; // to MongoDB a limit of 0 is none
    const sort = new Map(plan.order.map(({ column, descending }) => [pathOf(column), descending ? -1 : 1] as const));
    return findInParts(plan, async (matches, limit) => {
      const found = await this.collectionFor(collection)
        .find(filterOf(matches) as Filter<StoredDocument>, { projection: { c: 0 } })
        .sort(sort)
        .limit(limit)
        .toArray();
      return found.map(documentOf);
    });
  }

  async count(collection: Collection, where?: Where): Promise<number> {
    const matches = filterOf(planWhere(collection, where)) as Filter<StoredDocument>;
    return this.collectionFor(collection).countDocuments(matches);
  }

  async aggregate(collection: Collection, aggregate: Aggregation): Promise<readonly AggregateGroup[]> {
    const plan = planAggregate(collection, aggregate);
    const groups = await this.collectionFor(collection)
      .aggregate([{ $match: filterOf(plan.matches) }, { $group: groupOf(plan) }])
      .toArray();
    return sortedGroups(
      plan,
      groups.map((group) => ({
        keys: plan.keys.map((_, i): Scalar => group['_id'][`k${i}`] ?? null),
        values: Object.fromEntries(plan.measures.map(({ name }, i) => [name, measuredOf(group[`m${i}`])])),
      })),
    );
  }

  async commit({ writes, follower, checkpoint, parked = [], unparked = [], fence }: Commit): Promise<void> {
    const { lease, token } = fence;
    const granted = await this.heldLeases.findOne({ _id: lease });
    if (granted && granted.token > token) throw leaseLost(fence);
    const generations = [follower, ...(writes ? [writes.collection.name] : [])];
    await this.refuseDropped(...generations);
    if (writes) {
      const { collection, fresh = false } = writes;
      await this.prepare(collection);
      for (const some of batchesOf(writes.documents, BULK)) {
        const rows = some.map((document) => rowOf(collection, document));
        await this.write(
          collection,
          rows.map(({ id, position, json, values }) => ({ _id: id, position, doc: json, c: values })),
          fresh,
        );
      }
      if (writes.removed?.length)
        await this.collectionFor(writes.collection).deleteMany({ _id: { $in: [...writes.removed] } });
    }
    if (parked.length > 0)
      await this.parkedSequences.bulkWrite(
        parked.map(({ follower, sequence, position, eventId, code, message }) => ({
          replaceOne: {
            filter: { _id: { follower, sequence } },
            replacement: { follower, sequence, position, eventId, code, message },
            upsert: true,
          },
        })),
      );
    // After the documents: a crash from here on repeats the page over documents that hold what waited.
    for (const sequence of unparked) await this.unpark(follower, sequence);
    try {
      // The lease may have been lost since the first look: a newer holder's checkpoint is never overwritten.
      await this.checkpoints.replaceOne(
        { _id: follower, $or: [{ lease: { $ne: lease } }, { token: { $lte: token } }] },
        { checkpoint, lease, token },
        { upsert: true },
      );
    } catch (error) {
      throw isDuplicate(error) ? leaseLost(fence) : error;
    }
    // It may have been dropped since the first look: what was written then goes again.
    await this.refuseDropped(...generations);
  }

  async checkpoint(follower: string): Promise<Checkpoint | undefined> {
    return (await this.checkpoints.findOne({ _id: follower }))?.checkpoint;
  }

  async parked(follower?: string): Promise<readonly ParkedSequence[]> {
    const found = await this.parkedSequences
      .find(follower === undefined ? {} : { follower })
      .sort({ position: 1, follower: 1, sequence: 1 })
      .toArray();
    return found.map(({ _id, ...parked }) => parked);
  }

  async unpark(follower: string, sequence: string): Promise<void> {
    await this.parkedSequences.deleteOne({ _id: { follower, sequence } });
  }

  async active(projection: string): Promise<string | undefined> {
    return (await this.activeOf.findOne({ _id: projection }))?.generation;
  }

  async activate(projection: string, generation: string): Promise<void> {
    await this.activeOf.replaceOne({ _id: projection }, { generation }, { upsert: true });
  }

  async drop(generation: string): Promise<void> {
    signatureOf({ name: generation, columns: {} });
    await this.dropped.updateOne({ _id: generation }, { $setOnInsert: { _id: generation } }, { upsert: true });
    await this.remove(generation);
  }

  /** @throws Conflict `documents/generation-dropped`, and removes what a late writer may have made of it again */
  private async refuseDropped(...generations: readonly string[]): Promise<void> {
    const found = await this.dropped.findOne({ _id: { $in: [...generations] } });
    if (!found) return;
    await this.remove(found._id);
    throw generationDropped(found._id);
  }

  private async remove(generation: string): Promise<void> {
    this.prepared.delete(generation);
    await this.collectionFor({ name: generation }).drop(); // the driver makes nothing of a collection that is not there
    await this.parkedSequences.deleteMany({ follower: generation });
    await this.checkpoints.deleteOne({ _id: generation });
    await this.collections.deleteOne({ _id: generation }); // last: a drop that was cut short can be seen and repeated
  }

  async generations(): Promise<readonly string[]> {
    const [collections, checkpoints, stored] = await Promise.all([
      this.collections.find({}, { projection: { _id: 1 } }).toArray(),
      this.checkpoints.find({}, { projection: { _id: 1 } }).toArray(),
      // A writer that was killed may have made one again that was dropped: it is in neither list.
      this.db.listCollections({ name: /^documents\.of\./ }, { nameOnly: true }).toArray(),
    ]);
    const names = stored.map(({ name }) => name.slice(COLLECTION_PREFIX.length));
    return [...new Set([...names, ...[...collections, ...checkpoints].map(({ _id }) => _id)])].sort();
  }

  async actives(): Promise<ReadonlyMap<string, string>> {
    const found = await this.activeOf.find().toArray();
    return new Map(found.map(({ _id, generation }) => [_id, generation]));
  }

  async renewLeases(holder: string, begins: boolean): Promise<number | undefined> {
    const raised = await this.heartbeats.findOneAndUpdate(
      { _id: holder },
      { $inc: { number: 1 } },
      { upsert: begins, returnDocument: 'after' },
    );
    return raised?.number;
  }

  async endHeartbeat(holder: string, number?: number): Promise<boolean> {
    const { deletedCount } = await this.heartbeats.deleteOne({ _id: holder, ...(number !== undefined && { number }) });
    return deletedCount === 1;
  }

  async lease(lease: string, holder: string): Promise<Fence | undefined> {
    const held = await this.heldLeases.findOne({ _id: lease });
    if (held?.holder === holder) return { lease, token: held.token };
    // A heartbeat that has ended never begins again, so this still holds when the lease is taken.
    if (held && held.holder !== null && (await this.heartbeats.findOne({ _id: held.holder }))) return undefined;
    try {
      const taken = await this.heldLeases.findOneAndUpdate(
        { _id: lease, ...(held && { holder: held.holder, token: held.token }) },
        held ? { $set: { holder }, $inc: { token: 1 } } : { $setOnInsert: { holder, token: 1 } },
        { upsert: !held, returnDocument: 'after' },
      );
      return taken?.holder === holder ? { lease, token: taken.token } : undefined;
    } catch (error) {
      if (isDuplicate(error)) return undefined; // another was faster
      throw error;
    }
  }

  async release(lease: string, holder: string): Promise<void> {
    // The record stays: tokens never fall.
    await this.heldLeases.updateOne({ _id: lease, holder }, { $set: { holder: null } });
  }

  async leases() {
    const [held, beats] = await Promise.all([this.heldLeases.find().toArray(), this.heartbeats.find().toArray()]);
    const numbers = new Map(beats.map(({ _id, number }) => [_id, number]));
    const answer = new Map<string, { holder: string; heartbeat: number }>();
    for (const { _id, holder } of held) {
      const heartbeat = holder === null ? undefined : numbers.get(holder);
      if (holder !== null && heartbeat !== undefined) answer.set(_id, { holder, heartbeat });
    }
    return answer;
  }

  async differingColumns(collection: Collection, limit: number): Promise<readonly string[]> {
    signatureOf(collection);
    const differ: string[] = [];
    for await (const stored of this.collectionFor(collection).find().sort({ _id: 1 })) {
      if (!isDeepStrictEqual(rowOf(collection, documentOf(stored)).values, stored.c)) differ.push(stored._id);
      if (differ.length === limit) break;
    }
    return differ;
  }

  availability() {
    return this.link.availability();
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private collectionFor({ name }: Pick<Collection, 'name'>): Stored<StoredDocument> {
    return this.db.collection<StoredDocument>(COLLECTION_PREFIX + name);
  }

  /**
   * Writes each document where its position is newer. What a first pass finds existing (an insert of a document that
   * was there, an upsert whose condition did not hold, a race of two upserts) is replaced in a second pass if it is
   * older; that pass inserts nothing and so cannot collide.
   */
  private async write(collection: Collection, documents: readonly StoredDocument[], fresh: boolean): Promise<void> {
    const replace = (document: StoredDocument, upsert: boolean): AnyBulkWriteOperation<StoredDocument> => ({
      replaceOne: {
        filter: { _id: document._id, position: { $lt: document.position } },
        replacement: document,
        upsert,
      },
    });
    const existing = await this.bulk(
      collection,
      documents.map((document) => (fresh ? { insertOne: { document } } : replace(document, true))),
    );
    const again = existing.map((index) => replace(documents[index]!, false));
    if (again.length > 0) await this.bulk(collection, again);
  }

  /** @returns the indexes of the operations that met an existing document */
  private async bulk(collection: Collection, operations: AnyBulkWriteOperation<StoredDocument>[]): Promise<number[]> {
    try {
      await this.collectionFor(collection).bulkWrite(operations, { ordered: false });
      return [];
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const faults = [error.writeErrors].flat();
      if (faults.length === 0 || error.result.getWriteConcernError() || faults.some((f) => f.code !== DUPLICATE_KEY))
        throw error;
      return faults.map(({ index }) => index);
    }
  }
}

const documentOf = ({ _id, position, doc }: Pick<StoredDocument, '_id' | 'position' | 'doc'>): Document => ({
  id: _id,
  position,
  doc: JSON.parse(doc),
});

const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && (error as MongoServerError & Bson).code === DUPLICATE_KEY;
