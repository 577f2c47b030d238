import { MongoClient } from 'mongodb';
import { documentsContract } from '@baton/kernel/testing';
import { databasesOn, onServer } from '../../../test/support/stores';
import { MongoDocuments } from './mongodb-documents';

onServer('MONGODB_URL', (url) => {
  let client: MongoClient;
  beforeAll(() => void (client = new MongoClient(url())));
  afterAll(() => client.close());
  /** The same server, each time another database. */
  const fresh = databasesOn(url, 'test');

  documentsContract('MongoDB', () => MongoDocuments.connect(fresh()));

  it('does not overwrite a checkpoint of a newer holder whose lease came after the first look', async () => {
    const address = fresh();
    const store = await MongoDocuments.connect(address);
    const checkpoint = (position: string) => ({ position, count: 1, digest: 'd' });
    await store.commit({ follower: 'fold', checkpoint: checkpoint('2'), fence: { lease: 'fold', token: 2 } });
    await expect(
      store.commit({ follower: 'fold', checkpoint: checkpoint('1'), fence: { lease: 'fold', token: 1 } }),
    ).rejects.toMatchObject({ code: 'documents/lease-lost' });
    expect(await store.checkpoint('fold')).toEqual(checkpoint('2'));
    await store.close();
  });

  it('shows a dropped generation that a killed writer has made again, and a late one of another process is refused', async () => {
    const address = fresh();
    const stores = [await MongoDocuments.connect(address), await MongoDocuments.connect(address)];
    const collection = { name: 'deals-v1', columns: {} };
    const commit = {
      writes: { collection, documents: [{ id: 'a', doc: {}, position: '1' }] },
      follower: 'deals-v1',
      checkpoint: { position: '1', count: 1, digest: 'd' },
      fence: { lease: 'deals', token: 1 },
    };
    await stores[0]!.commit(commit);
    await stores[1]!.drop('deals-v1');
    const database = client.db(new URL(address).pathname.slice(1));
    await database.collection('documents.of.deals-v1').insertOne({ position: '1', doc: '{}' });
    expect(await stores[1]!.generations()).toEqual(['deals-v1']);
    await expect(stores[0]!.commit(commit)).rejects.toMatchObject({ code: 'documents/generation-dropped' });
    expect(await stores[1]!.generations()).toEqual([]);
    for (const store of stores) await store.close();
  });

  it('keeps the newest of documents that two writers bring at once', async () => {
    const address = fresh();
    const stores = [await MongoDocuments.connect(address), await MongoDocuments.connect(address)];
    const collection = { name: 'deals-v1-g1', columns: {} };
    const ids = Array.from({ length: 200 }, (_, i) => `d${i}`);
    await Promise.all(
      stores.map((store, i) =>
        store.commit({
          writes: { collection, documents: ids.map((id) => ({ id, doc: { by: i }, position: String(i) })) },
          follower: `fold-${i}`,
          checkpoint: { position: String(i), count: 1, digest: 'd' },
          fence: { lease: `fold-${i}`, token: 1 },
        }),
      ),
    );
    const found = await stores[0]!.getMany(collection, ids);
    expect([...found.values()].map(({ doc }) => doc.by)).toEqual(ids.map(() => 1));
    for (const store of stores) await store.close();
  });

  it('names documents whose columns were altered beside their text', async () => {
    const address = fresh();
    const store = await MongoDocuments.connect(address);
    const collection = { name: 'people-v1', columns: { stage: 'text', name: 'tokens' } } as const;
    const doc = { stage: 'won', name: ['t1', 't2'] };
    await store.commit({
      writes: { collection, documents: ['a', 'b', 'c', 'd'].map((id) => ({ id, doc, position: '1' })) },
      ...{
        follower: 'people-v1',
        checkpoint: { position: '1', count: 4, digest: 'd' },
        fence: { lease: 'f', token: 1 },
      },
    });
    expect(await store.differingColumns(collection, 5)).toEqual([]);
    const stored = client.db(new URL(address).pathname.slice(1)).collection<{ _id: string }>('documents.of.people-v1');
    await stored.updateOne({ _id: 'b' }, { $set: { 'c.stage': 'lost' } });
    await stored.updateOne({ _id: 'd' }, { $set: { 'c.name': ['t1'] } });
    expect(await store.differingColumns(collection, 5)).toEqual(['b', 'd']);
    expect(await store.differingColumns(collection, 1)).toEqual(['b']);
    await store.close();
  });
});
