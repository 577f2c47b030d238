import { MongoBulkWriteError, MongoClient, MongoServerError, type Document } from 'mongodb';
import { MongoDocuments } from '../libs/platform/documents/mongodb-documents';
import { MongodbServer } from './support/mongodb-server';

interface Thing extends Document {
  readonly _id: string | number;
}

const refusal = (call: Promise<unknown>): Promise<Document> =>
  call.then(
    () => ({ code: 'none' }),
    (error: MongoServerError) => ({ code: error.code, message: error.message, ...error.errorResponse }),
  );

describe('the fake MongoDB', () => {
  let server: MongodbServer;
  let client: MongoClient;
  const closing: (() => unknown)[] = [];
  beforeEach(async () => {
    server = await MongodbServer.start();
    client = new MongoClient(server.url(), { serverSelectionTimeoutMS: 5_000 });
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await client.close();
    await server.stop();
  });
  const collection = (name = 'things') => client.db().collection<Thing>(name);
  const idsOf = (found: readonly Document[]) => found.map(({ _id }) => _id as unknown);

  it('reports an unknown command, field, operator and stage', async () => {
    const db = client.db();
    await collection().insertOne({ _id: 1 });
    expect(await refusal(db.command({ explode: 1 }))).toMatchObject({
      ...{ code: 59, codeName: 'CommandNotFound' },
      message: "no such command: 'explode'",
    });
    const foreign = db.command({ find: 'things', hint: 'x' });
    expect(await refusal(foreign)).toMatchObject({ code: 40415, message: expect.stringContaining('find.hint') });
    const update = collection().updateOne({ _id: 1 }, { $set: { a: 1 } }, { collation: { locale: 'de' } });
    expect((await refusal(update))['message']).toContain('update.updates.collation');
    const partial = collection().createIndex({ a: 1 }, { partialFilterExpression: { a: 1 } });
    expect((await refusal(partial))['message']).toContain('createIndexes.indexes.partialFilterExpression');
    expect((await refusal(collection().findOne({ a: { $near: 1 } })))['message']).toContain('$near');
    expect((await refusal(collection().updateOne({ _id: 1 }, { $leap: { a: 1 } })))['message']).toContain('$leap');
    expect(
      (
        await refusal(
          collection()
            .aggregate([{ $lookup: {} }])
            .toArray(),
        )
      )['message'],
    ).toContain('$lookup');
  });

  it('orders values as BSON does, null and missing as one and first, text by its bytes', async () => {
    const values = [true, 'b', { a: 1 }, null, 2, [1], '\u{1f4b6}', '\uffee', new Date(0), -1, 'a'];
    await collection().insertMany([...values.map((v, n) => ({ _id: n, v })), { _id: values.length }]);
    const scalars = { v: { $not: { $type: 'array' } } };
    const found = await collection().find(scalars).sort({ v: 1, _id: 1 }).toArray();
    expect(found.map(({ v }) => v as unknown)).toEqual([
      ...[null, undefined, -1, 2, 'a', 'b', '\uffee', '\u{1f4b6}', { a: 1 }, true],
      new Date(0),
    ]);
    // A filter compares values of one type only; an expression compares all.
    expect(
      idsOf(
        await collection()
          .find({ v: { $lt: 'b' } })
          .toArray(),
      ),
    ).toEqual([10]);
    const below = await collection()
      .aggregate([{ $match: { $expr: { $lt: ['$v', 'b'] } } }, { $sort: { _id: 1 } }])
      .toArray();
    expect(idsOf(below)).toEqual([3, 4, 9, 10, 11]);
    const groups = await collection()
      .aggregate([{ $match: { v: null } }, { $group: { _id: '$v', n: { $sum: 1 }, most: { $max: '$_id' } } }])
      .toArray();
    expect(groups).toEqual([{ _id: null, n: 2, most: 11 }]);
  });

  it('promises no order without a sort', async () => {
    await collection().insertMany([1, 2, 3].map((_id) => ({ _id })));
    const twice = [await collection().find().toArray(), await collection().find().toArray()].map(idsOf);
    expect(twice[0]).not.toEqual(twice[1]);
  });

  it('returns the results of a query in batches, and keeps a cursor until it is read or killed', async () => {
    await collection().insertMany(Array.from({ length: 250 }, (_, _id) => ({ _id })));
    const cursor = collection().find().sort({ _id: -1 }).batchSize(100);
    expect(idsOf(await cursor.toArray())).toEqual(Array.from({ length: 250 }, (_, n) => 249 - n));
    const open = collection().find({}, { batchSize: 10 });
    await open.next();
    await open.close(); // sends killCursors
    expect(await refusal(client.db().command({ getMore: 7n, collection: 'things' }))).toMatchObject({ code: 43 });
    const piped = collection().aggregate([{ $sort: { _id: 1 } }, { $limit: 150 }], { batchSize: 60 });
    expect(await piped.toArray()).toHaveLength(150);
    expect(await collection().countDocuments({ _id: { $gte: 200 } })).toBe(50);
    expect(await collection().estimatedDocumentCount()).toBe(250);
  });

  it('keeps unique indexes, with the error message of the server', async () => {
    await collection().createIndexes([{ key: { mail: 1 }, unique: true }, { key: { a: 1, _id: 1 } }]);
    await collection().insertOne({ _id: 'x', mail: 'm' });
    for (const [write, index, pattern] of [
      [collection().insertOne({ _id: 'x' }), '_id_', { _id: 1 }],
      [collection().insertOne({ _id: 'y', mail: 'm' }), 'mail_1', { mail: 1 }],
      [collection().findOneAndUpdate({ _id: 'z' }, { $set: { mail: 'm' } }, { upsert: true }), 'mail_1', { mail: 1 }],
    ] as const)
      expect(await refusal(write)).toMatchObject({
        code: 11000,
        message: expect.stringContaining(`E11000 duplicate key error collection: baton.things index: ${index} dup key`),
        keyPattern: pattern,
      });
    expect((await collection().listIndexes().toArray()).map(({ name }) => name as string)).toEqual([
      ...['_id_', 'mail_1', 'a_1__id_1'],
    ]);
    await collection().dropIndex('mail_1');
    await collection().insertOne({ _id: 'y', mail: 'm' });
    expect(await refusal(collection().createIndex({ mail: 1 }, { unique: true }))).toMatchObject({ code: 11000 });
  });

  it('does each write of an unordered bulk, and ends an ordered one at its first error', async () => {
    await collection().insertOne({ _id: 'b', p: 5 });
    const bulk = (ordered: boolean, p: number) =>
      collection()
        .bulkWrite(
          ['a', 'b', 'c'].map((_id) => ({
            replaceOne: { filter: { _id, p: { $lt: p } }, replacement: { _id, p }, upsert: true },
          })),
          { ordered },
        )
        .catch((error: unknown) => error);
    const ordered = (await bulk(true, 1)) as MongoBulkWriteError;
    expect([ordered.code, ordered.result.upsertedCount, await collection().countDocuments()]).toEqual([11000, 1, 2]);
    const unordered = (await bulk(false, 2)) as MongoBulkWriteError;
    expect([unordered.writeErrors].flat().map(({ index, code }) => [index, code])).toEqual([[1, 11000]]);
    const { upsertedCount, matchedCount, modifiedCount } = unordered.result;
    expect([upsertedCount, matchedCount, modifiedCount]).toEqual([1, 1, 1]);
    expect(await collection().find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 'a', p: 2 },
      { _id: 'b', p: 5 },
      { _id: 'c', p: 2 },
    ]);
    expect(await refusal(collection().replaceOne({ p: 5 }, { _id: 'other' }))).toMatchObject({ code: 66 });
  });

  it('updates and deletes', async () => {
    await collection().insertMany([1, 2, 3].map((_id) => ({ _id, n: _id, tags: ['x'] })));
    const changes = { $inc: { n: 10 }, $set: { 'deep.er': 1 }, $push: { tags: 'y' } };
    expect(await collection().updateMany({ n: { $gt: 1 } }, changes as object)).toMatchObject({ modifiedCount: 2 });
    expect(await collection().updateOne({ _id: 1 }, { $set: { n: 1 } })).toMatchObject({
      ...{ matchedCount: 1, modifiedCount: 0 },
    });
    const upsert = { upsert: true, returnDocument: 'after' } as const;
    const made = { $setOnInsert: { first: true }, $inc: { n: 1 } };
    expect(await collection().findOneAndUpdate({ _id: 4, kind: 'k' }, made, upsert)).toEqual({
      ...{ _id: 4, kind: 'k', n: 1, first: true },
    });
    expect(await collection().findOneAndUpdate({ _id: 4 }, made)).toMatchObject({ n: 1 });
    expect(await collection().findOneAndDelete({ n: 2 }, { sort: { _id: -1 } })).toMatchObject({ _id: 4 });
    expect(await collection().deleteMany({ 'deep.er': 1 })).toMatchObject({ deletedCount: 2 });
    expect(await collection().find().toArray()).toEqual([{ _id: 1, n: 1, tags: ['x'] }]);
  });

  it('lists, makes and drops collections and databases', async () => {
    const db = client.db('other');
    await db.createCollection('a.1');
    await db.collection('b').insertOne({});
    expect(await refusal(db.createCollection('b'))).toMatchObject({ code: 48 });
    expect(await db.listCollections({ name: /^a\./ }, { nameOnly: true }).toArray()).toEqual([
      { name: 'a.1', type: 'collection' },
    ]);
    expect(await refusal(db.command({ drop: 'absent' }))).toMatchObject({ code: 26 });
    await db.dropCollection('b');
    expect(await db.collection('b').find().toArray()).toEqual([]);
    await db.dropDatabase();
    expect(await db.listCollections().toArray()).toEqual([]);
  });

  it('keeps its data when it stops and starts again, on the same port', async () => {
    await collection().insertOne({ _id: 1 });
    const { port } = server;
    await server.stop();
    const away = new MongoClient(server.url(), { serverSelectionTimeoutMS: 200 });
    await expect(away.db().command({ ping: 1 })).rejects.toThrow();
    await away.close();
    await server.start();
    expect(server.port).toBe(port);
    expect(await collection().countDocuments()).toBe(1);
  });

  it('leaves a bulk half applied when connections are cut, and the driver repeats it', async () => {
    const documents = Array.from({ length: 10 }, (_, _id) => ({ _id }));
    server.afterWrites(4, () => server.cut());
    const once = new MongoClient(server.url(), { retryWrites: false });
    const lost = once.db().collection<Thing>('things').insertMany(documents);
    await expect(lost).rejects.toThrow(/connection .* closed|ECONNRESET/);
    await once.close();
    expect(await collection().countDocuments()).toBe(4);
    server.afterWrites(3, () => server.cut());
    const repeated = collection().insertMany(documents.slice(4), { ordered: false });
    // The first attempt is not remembered: what it wrote is a duplicate now.
    await expect(repeated).rejects.toMatchObject({ writeErrors: { length: 3 } });
    expect(await collection().countDocuments()).toBe(10);
  });

  it('tears a page of a read model, which its repetition completes; the checkpoint is written last', async () => {
    const store = await MongoDocuments.connect(server.url('torn'), 2_000);
    closing.push(() => store.close());
    const deals = { name: 'deals-v1', columns: {} };
    const ids = ['a', 'b', 'c', 'd'];
    const commit = (position: string) =>
      store.commit({
        writes: { collection: deals, documents: ids.map((id) => ({ id, doc: { position }, position })) },
        ...{ follower: 'deals', checkpoint: { position, count: 1, digest: 'd' }, fence: { lease: 'l', token: 1 } },
      });
    const positions = async () => [...(await store.getMany(deals, ids)).values()].map(({ position }) => position);
    await commit('1');
    server.afterWrites(2, () => server.cut());
    await commit('2'); // the driver repeats what was half done
    expect(await positions()).toEqual(['2', '2', '2', '2']);
    server.afterWrites(2, () => server.stop());
    await expect(commit('3')).rejects.toMatchObject({ code: 'documents/unavailable' });
    await server.start();
    expect((await positions()).sort()).toEqual(['2', '2', '3', '3']);
    expect(await store.checkpoint('deals')).toMatchObject({ position: '2' });
    await commit('3');
    expect(await positions()).toEqual(['3', '3', '3', '3']);
    expect(await store.checkpoint('deals')).toMatchObject({ position: '3' });
  });
});
