import { BSON, type Document } from 'mongodb';
import { MongodbRefusal, type Index, type StoredCollection, type Update } from './mongodb-collection';
import { matcherOf } from './mongodb-query';

/** The data of the server: collections by database and name, and open cursors by id. */
export interface Held {
  readonly databases: Map<string, Map<string, StoredCollection>>;
  readonly cursors: Map<string, Cursor>;
  lastCursor: number;
}
interface Cursor {
  readonly ns: string;
  readonly rest: Document[];
}

interface Call {
  readonly held: Held;
  readonly db: string;
  /** Of the command's own name: the collection, as a rule. */
  readonly value: unknown;
  readonly address: string;
  collection(name: string): StoredCollection;
  /** Awaited after each document that was written; throws if the connection is gone. */
  written(): Promise<void>;
}
interface Command {
  /** Fields that it understands besides its own name. */
  readonly fields: readonly string[];
  run(command: Document, call: Call): Document | Promise<Document>;
}

const FIRST_BATCH = 101;
const MOST_WRITES = 100_000;
const { Long } = BSON;

/** The first documents, and a cursor over the others. @param size undefined: the default of the server */
const batched = (
  { held }: Call,
  ns: string,
  documents: Document[],
  size: number | undefined,
  single = false,
): Document => {
  const firstBatch = documents.splice(0, size ?? FIRST_BATCH);
  if (documents.length === 0 || single) return { cursor: { id: Long.ZERO, ns, firstBatch } };
  const id = Long.fromNumber(++held.lastCursor);
  held.cursors.set(String(id), { ns, rest: documents });
  return { cursor: { id, ns, firstBatch } };
};

const existing = ({ held, db, value }: Call): StoredCollection | undefined =>
  held.databases.get(db)?.get(String(value));
const present = (call: Call): StoredCollection => {
  const found = existing(call);
  if (!found) throw new MongodbRefusal(26, 'NamespaceNotFound', `ns not found ${nameOf(call)}`);
  return found;
};
const nameOf = ({ db, value }: Call): string => `${db}.${String(value)}`;

/** Does the writes one by one; a failure is reported by its index, and ends ordered writes. */
const writing = async <T>(
  all: readonly T[],
  ordered: boolean,
  call: Call,
  write: (one: T, index: number) => void,
): Promise<Document> => {
  if (all.length === 0 || all.length > MOST_WRITES)
    throw new MongodbRefusal(16, 'InvalidLength', `Write batch sizes must be between 1 and ${MOST_WRITES}.`);
  const writeErrors: Document[] = [];
  for (const [index, one] of all.entries()) {
    try {
      write(one, index);
    } catch (error) {
      if (!(error instanceof MongodbRefusal)) throw error;
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.details });
      if (ordered) break;
    }
    await call.written();
  }
  return writeErrors.length > 0 ? { writeErrors } : {};
};

const refuseForeign = (what: string, given: Document, known: readonly string[]): void => {
  const foreign = Object.keys(given).find((field) => !known.includes(field));
  if (foreign)
    throw new MongodbRefusal(40415, 'Location40415', `the fake MongoDB does not know the field ${what}.${foreign}`);
};

const hello = ({ address }: Call): Document => ({
  ...{ isWritablePrimary: true, ismaster: true, secondary: false, helloOk: true, readOnly: false },
  ...{ setName: 'rs0', setVersion: 1, hosts: [address], primary: address, me: address },
  ...{ maxBsonObjectSize: 16 * 1024 * 1024, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: MOST_WRITES },
  ...{ localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId: 1, minWireVersion: 0 },
  maxWireVersion: 21, // of MongoDB 7.0
});

const find = (command: Document, call: Call): Document => {
  const { filter = {}, sort = {}, projection = {}, skip = 0, limit = 0, batchSize, singleBatch } = command;
  const stages: Document[] = [{ $match: filter as Document }];
  if (Object.keys(sort as Document).length > 0) stages.push({ $sort: sort as Document });
  if (skip) stages.push({ $skip: skip as number });
  if (limit) stages.push({ $limit: Math.abs(limit as number) });
  if (Object.keys(projection as Document).length > 0) stages.push({ $project: projection as Document });
  const found = existing(call)?.aggregate(stages) ?? [];
  return batched(call, nameOf(call), found, batchSize as number | undefined, (singleBatch as boolean) || limit < 0);
};

const insert = async ({ documents, ordered = true }: Document, call: Call): Promise<Document> => {
  const collection = call.collection(String(call.value));
  let n = 0;
  const failed = await writing(documents as Document[], ordered as boolean, call, (document) => {
    collection.insert(document);
    n++;
  });
  return { n, ...failed };
};

const update = async ({ updates, ordered = true }: Document, call: Call): Promise<Document> => {
  const collection = call.collection(String(call.value));
  const [counts, upserted] = [{ n: 0, nModified: 0 }, [] as Document[]];
  const failed = await writing(updates as Document[], ordered as boolean, call, (one, index) => {
    refuseForeign('update.updates', one, ['q', 'u', 'multi', 'upsert']);
    const { matched, modified, inserted } = collection.update(one as unknown as Update);
    counts.n += matched + (inserted ? 1 : 0);
    counts.nModified += modified;
    if (inserted) upserted.push({ index, _id: inserted['_id'] as unknown });
  });
  return { ...counts, ...(upserted.length > 0 ? { upserted } : {}), ...failed };
};

const remove = async ({ deletes, ordered = true }: Document, call: Call): Promise<Document> => {
  let n = 0;
  const failed = await writing(deletes as Document[], ordered as boolean, call, (one) => {
    refuseForeign('delete.deletes', one, ['q', 'limit']);
    n += existing(call)?.remove(one['q'] as Document, one['limit'] as number) ?? 0;
  });
  return { n, ...failed };
};

const findAndModify = async (command: Document, call: Call): Promise<Document> => {
  const { query = {}, sort = {}, update: change, fields = {}, new: after = false } = command;
  const { remove: removes = false, upsert = false } = command;
  const collection = call.collection(String(call.value));
  const sorted = Object.keys(sort as Document).length > 0 ? [{ $sort: sort as Document }] : [];
  const [found] = collection.aggregate([{ $match: query as Document }, ...sorted]);
  const projected = (document: Document | undefined) =>
    document && Object.keys(fields as Document).length > 0
      ? collection.aggregate([{ $match: { _id: document['_id'] as unknown } }, { $project: fields as Document }])[0]
      : document;
  if (removes) {
    const value = projected(found) ?? null;
    if (found) collection.remove({ _id: found['_id'] as unknown }, 1);
    await call.written();
    return { value, lastErrorObject: { n: found ? 1 : 0 } };
  }
  const before = projected(found) ?? null;
  const q = found ? { _id: found['_id'] as unknown } : (query as Document);
  const { inserted } = collection.update({ q, u: change as Document, upsert: upsert as boolean });
  const [now] = inserted ? [inserted] : found ? collection.matching(q) : [];
  await call.written();
  return {
    value: after ? (projected(now) ?? null) : before,
    lastErrorObject: {
      n: found || inserted ? 1 : 0,
      updatedExisting: found !== undefined,
      ...(inserted ? { upserted: inserted['_id'] as unknown } : {}),
    },
  };
};

const createIndexes = ({ indexes }: Document, call: Call): Document => {
  const createdCollectionAutomatically = existing(call) === undefined;
  const collection = call.collection(String(call.value));
  const numIndexesBefore = collection.indexes.length;
  for (const index of indexes as Document[]) {
    refuseForeign('createIndexes.indexes', index, ['key', 'name', 'unique', 'v', 'background']);
    collection.createIndex(index as unknown as Index);
  }
  return { numIndexesBefore, numIndexesAfter: collection.indexes.length, createdCollectionAutomatically };
};

const getMore = ({ batchSize }: Document, { held: { cursors }, value }: Call): Document => {
  const [id, cursor] = [String(value), cursors.get(String(value))];
  if (!cursor) throw new MongodbRefusal(43, 'CursorNotFound', `cursor id ${id} not found`);
  const nextBatch = cursor.rest.splice(0, (batchSize as number | undefined) ?? cursor.rest.length);
  if (cursor.rest.length === 0) cursors.delete(id);
  return {
    cursor: { id: cursor.rest.length > 0 ? Long.fromString(id) : Long.ZERO, ns: cursor.ns, nextBatch },
  };
};

const killCursors = ({ cursors: ids }: Document, { held: { cursors } }: Call): Document => {
  const all = ids as readonly unknown[];
  const cursorsKilled = all.filter((id) => cursors.delete(String(id)));
  return { cursorsKilled, cursorsNotFound: all.filter((id) => !cursorsKilled.includes(id)) };
};

const listCollections = ({ filter = {}, nameOnly = false, cursor }: Document, call: Call): Document => {
  const { held, db } = call;
  const all = [...(held.databases.get(db)?.keys() ?? [])].map((name) => ({
    name,
    type: 'collection',
    ...(nameOnly ? {} : { options: {}, info: { readOnly: false }, idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } }),
  }));
  const found = all.filter(matcherOf(filter as Document));
  return batched(call, `${db}.$cmd.listCollections`, found, (cursor as Document | undefined)?.['batchSize'] as number);
};

const command = (fields: readonly string[], run: Command['run']): Command => ({ fields, run });
const greeting = command(['client', 'compression', 'helloOk', 'topologyVersion', 'maxAwaitTimeMS'], (_, call) =>
  hello(call),
);

/** The commands that the fake understands: each with its relevant fields, and its effect. */
export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['hello', greeting],
  ['isMaster', greeting],
  ['ismaster', greeting],
  ['ping', command([], () => ({}))],
  ['endSessions', command([], () => ({}))],
  ['buildInfo', command([], () => ({ version: '7.0.0', versionArray: [7, 0, 0, 0], modules: [] }))],
  ['find', command(['filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch'], find)],
  [
    'aggregate',
    command(['pipeline', 'cursor'], ({ pipeline, cursor }, call) => {
      const answer = existing(call)?.aggregate(pipeline as Document[]) ?? [];
      return batched(call, nameOf(call), answer, (cursor as Document)['batchSize'] as number | undefined);
    }),
  ],
  [
    'count',
    command(['query'], ({ query = {} }, call) => ({ n: existing(call)?.matching(query as Document).length ?? 0 })),
  ],
  ['getMore', command(['collection', 'batchSize'], getMore)],
  ['killCursors', command(['cursors'], killCursors)],
  ['insert', command(['documents', 'ordered'], insert)],
  ['update', command(['updates', 'ordered'], update)],
  ['delete', command(['deletes', 'ordered'], remove)],
  ['findAndModify', command(['query', 'sort', 'update', 'fields', 'new', 'remove', 'upsert'], findAndModify)],
  [
    'create',
    command([], (_, call) => {
      if (existing(call)) throw new MongodbRefusal(48, 'NamespaceExists', `Collection ${nameOf(call)} already exists.`);
      call.collection(String(call.value));
      return {};
    }),
  ],
  ['createIndexes', command(['indexes'], createIndexes)],
  [
    'dropIndexes',
    command(['index'], ({ index }, call) => {
      const collection = present(call);
      const nIndexesWas = collection.indexes.length;
      collection.dropIndex(String(index));
      return { nIndexesWas };
    }),
  ],
  [
    'listIndexes',
    command(['cursor'], (_, call) =>
      batched(
        call,
        nameOf(call),
        present(call).indexes.map(({ name, ...index }) => ({ v: 2, name, ...index })),
        undefined,
      ),
    ),
  ],
  ['listCollections', command(['filter', 'nameOnly', 'authorizedCollections', 'cursor'], listCollections)],
  [
    'drop',
    command([], (_, call) => {
      // Servers before 7.0 refuse to drop what is not there.
      const nIndexesWas = present(call).indexes.length;
      call.held.databases.get(call.db)!.delete(String(call.value));
      return { nIndexesWas, ns: nameOf(call) };
    }),
  ],
  [
    'dropDatabase',
    command([], (_, { held, db }) => {
      held.databases.delete(db);
      return { dropped: db };
    }),
  ],
]);
