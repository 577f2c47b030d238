import { MongoClient } from 'mongodb';
import { coinsInLog, foldCoins, GENERATION, purses, storedCoins } from '../../../test/support/purses';
import { onServer } from '../../../test/support/stores';
import { MemoryDocuments } from '../documents';
import { MongoDocuments } from '../documents/mongodb-documents';
import { dropGeneration } from './generations';
import { differingDocuments } from './verify-documents';

onServer('MONGODB_URL', (url) => {
  it('keeps the blocks of long lists as memory does', async () => {
    const world = await coinsInLog(300);
    const memory = new MemoryDocuments();
    await foldCoins(world, memory, 1000);
    const name = `baton-lists-${process.pid}`;
    const documents = await MongoDocuments.connect(url().replace(/^([^:]+:\/\/[^/?]+)\/?[^?]*/, `$1/${name}`));
    await foldCoins(world, documents, 40);
    expect(await storedCoins(documents)).toBe(await storedCoins(memory));
    expect(await differingDocuments({ ...world, documents }, purses, GENERATION)).toEqual([]);
    await dropGeneration(documents, GENERATION);
    expect(await documents.generations()).toEqual([]);
    await documents.close();
    await world.log.close();
    const client = new MongoClient(url());
    await client.db(name).dropDatabase();
    await client.close();
  });
});
