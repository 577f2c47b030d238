import { coinsInLog, foldCoins, GENERATION, purses, storedCoins } from '../../../test/support/purses';
import { databasesOn, onServer } from '../../../test/support/stores';
import { MemoryDocuments } from '../documents';
import { MongoDocuments } from '../documents/mongodb-documents';
import { dropGeneration } from './generations';
import { differingDocuments } from './verify-documents';

onServer('MONGODB_URL', (url) => {
  const database = databasesOn(url, 'blocks');

  it('keeps the blocks of long lists as memory does', async () => {
    const world = await coinsInLog(300);
    const memory = new MemoryDocuments();
    await foldCoins(world, memory, 1000);
    const documents = await MongoDocuments.connect(database());
    await foldCoins(world, documents, 40);
    expect(await storedCoins(documents)).toBe(await storedCoins(memory));
    expect(await differingDocuments({ ...world, documents }, purses, GENERATION)).toEqual([]);
    await dropGeneration(documents, GENERATION);
    expect(await documents.generations()).toEqual([]);
    await documents.close();
    await world.log.close();
  });
});
