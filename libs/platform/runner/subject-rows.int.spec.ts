import { bytesOf, drops, dropsInLog, foldNew, GENERATION } from '../../../test/support/drops';
import { databasesOn, onServer } from '../../../test/support/stores';
import { MemoryDocuments } from '../documents';
import { MongoDocuments } from '../documents/mongodb-documents';
import { dropGeneration } from './generations';
import { differingDocuments } from './verify-documents';

onServer('MONGODB_URL', (url) => {
  const database = databasesOn(url, 'rows');

  it('keeps the rows that history makes, and the states of their subjects, as memory does', async () => {
    const world = await dropsInLog();
    const memory = new MemoryDocuments();
    await foldNew(world, memory, 1000);
    const documents = await MongoDocuments.connect(database());
    await foldNew(world, documents, 3);
    expect(await bytesOf(documents)).toBe(await bytesOf(memory));
    expect(await differingDocuments({ ...world, documents }, drops, GENERATION)).toEqual([]);
    await dropGeneration(documents, GENERATION);
    expect(await documents.generations()).toEqual([]);
    await expect(foldNew(world, documents, 3)).rejects.toMatchObject({ code: 'documents/generation-dropped' });
    await documents.close();
    await world.log.close();
  });
});
