import { START, type Commit, type Document, type Documents } from '@baton/kernel';
import { foldAll } from '@baton/kernel/testing';
import {
  blocks,
  coinsInLog,
  fence,
  foldCoins,
  GENERATION,
  heads,
  purses,
  storedCoins,
  type Coins,
} from '../../../test/support/purses';
import { EmbeddedDocuments, MemoryDocuments, ReadModels } from '../documents';
import { Fold } from './fold';
import { dropGeneration } from './generations';
import { DecodedPage } from './page';
import { replay } from './replay';
import { differingDocuments } from './verify-documents';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
const worldOf = async (count?: number): Promise<Coins> => {
  const world = await coinsInLog(count);
  opened.push(() => world.log.close());
  return world;
};
const blockIds = async (documents: Documents) => (await documents.find(blocks, { limit: 1000 })).map(({ id }) => id);
const namedBlocks = async (documents: Documents) => {
  const named = (await documents.find(heads)).flatMap(({ id, doc }) =>
    ((doc as { coins: { blocks?: string[] } }).coins.blocks ?? []).map((block) => `${id}/${block}`),
  );
  return named.sort();
};

describe('a long list of a document', () => {
  it('is read whole, by its id, in a list and in pages, and a short one stays in its document', async () => {
    const world = await worldOf();
    const documents = new MemoryDocuments();
    await foldCoins(world, documents, 100);
    const folded = foldAll(purses, await world.events());
    expect(folded.get('ada')!.coins.length).toBeGreaterThan(600);
    const models = new ReadModels(documents);
    expect(await models.get(purses, 'ada')).toEqual(folded.get('ada'));
    expect((await models.find(purses, { where: { total: { gte: 1 } } })).map(({ id, doc }) => [id, doc])).toEqual(
      [...folded].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    for await (const page of models.pages(purses)) for (const { id, doc } of page) expect(doc).toEqual(folded.get(id));
    const [ada, bob] = await documents.find(heads);
    expect(JSON.stringify(ada).length).toBeLessThan(1_500);
    expect(bob!.doc).toEqual(folded.get('bob'));
    expect((await blockIds(documents)).every((id) => id.startsWith('ada/'))).toBe(true);
    expect(await blockIds(documents)).toEqual(await namedBlocks(documents));
  });

  it('has the same bytes with any page size, after restarts, after a rebuild and in any store', async () => {
    const world = await worldOf(400);
    const rebuilt = new MemoryDocuments();
    await replay({ ...world, documents: rebuilt }, purses, GENERATION, fence);
    const bytes = await storedCoins(rebuilt);
    expect(bytes.split('\n').length).toBeGreaterThan(4);
    for (const size of [7, 90, 1000]) {
      const embedded = await EmbeddedDocuments.open(':memory:');
      opened.push(() => embedded.close());
      for (const documents of [new MemoryDocuments(), embedded]) {
        await foldCoins(world, documents, size);
        expect(await storedCoins(documents)).toBe(bytes);
      }
      const paged = new MemoryDocuments();
      const rebuildLimits = { objects: 1, bytes: 1000, rows: 5, committed: 3 };
      await replay({ ...world, documents: paged, rebuildLimits }, purses, GENERATION, fence, { pageSize: size });
      expect(await storedCoins(paged)).toBe(bytes);
    }
  });

  it('writes the blocks that change, and takes away those that are not named any more', async () => {
    const world = await worldOf();
    const documents = new MemoryDocuments();
    await foldCoins(world, documents, 1000);
    const before = await blockIds(documents);
    const fold = await Fold.open({ ...world, documents }, purses, GENERATION, fence);
    const take = async () => {
      const { events, position } = await world.log.readAll(fold.position);
      await fold.take(new DecodedPage({ events, position, atTip: true }, world.journal));
      await fold.saveChanges();
    };
    await world.drop(50);
    await take();
    const commit = jest.spyOn(documents, 'commit');
    await world.drop(51);
    await take();
    const written = commit.mock.calls.flatMap(([{ writes }]) => [...(writes?.documents ?? [])] as Document[]);
    expect(JSON.stringify(written).length).toBeLessThan(JSON.stringify(await documents.find(blocks)).length / 2);
    const now = await blockIds(documents);
    expect(now).toEqual(await namedBlocks(documents));
    expect(before.filter((id) => !now.includes(id)).length).toBeLessThanOrEqual(4);
    for (const till of ['t0', 't1', 't2']) await world.drop(0, till);
    await take();
    expect(await blockIds(documents)).toEqual([]);
    expect(await new ReadModels(documents).get(purses, 'ada')).toEqual({ total: 0, coins: [] });
  });

  it('is verified: an altered block and a missing one are found', async () => {
    const world = await worldOf(300);
    const alter = async (change: (block: Document) => Partial<NonNullable<Commit['writes']>>) => {
      const documents = new MemoryDocuments();
      await foldCoins(world, documents, 1000);
      const checkpoint = (await documents.checkpoint(GENERATION))!;
      expect(await differingDocuments({ ...world, documents }, purses, GENERATION)).toEqual([]);
      const [block] = await documents.find(blocks);
      const writes = { collection: blocks, documents: [], ...change(block!) };
      await documents.commit({ writes, follower: GENERATION, checkpoint, fence: fence() });
      return documents;
    };
    const altered = await alter(({ id, doc }) => {
      const fields = { ...(doc as { fields: object }).fields, coins: { values: [1] } };
      return { documents: [{ id, doc: { ...doc, fields }, position: '9' }] };
    });
    expect(await differingDocuments({ ...world, documents: altered }, purses, GENERATION)).toEqual(['ada']);
    const missing = await alter(({ id }) => ({ removed: [id] }));
    expect(await differingDocuments({ ...world, documents: missing }, purses, GENERATION)).toEqual(['ada']);
    await expect(new ReadModels(missing).get(purses, 'ada')).rejects.toMatchObject({ code: 'read/documents-differ' });
    await world.drop(5);
    await expect(foldCoins(world, missing, 10)).rejects.toMatchObject({ code: 'read/documents-differ' });
  });

  it('is read again by who finds it changed meanwhile', async () => {
    const world = await worldOf(300);
    const documents = new MemoryDocuments();
    await foldCoins(world, documents, 1000);
    const getMany = documents.getMany.bind(documents);
    let changed = false;
    documents.getMany = async (collection, ids) => {
      if (collection.name === blocks.name && !changed) {
        changed = true;
        for (const till of ['t0', 't1']) await world.drop(0, till);
        await foldCoins(world, documents, 10);
      }
      return getMany(collection, ids);
    };
    const read = await new ReadModels(documents).get(purses, 'ada');
    expect(changed).toBe(true);
    expect(read).toEqual(foldAll(purses, await world.events()).get('ada'));
  });

  it('goes with its generation', async () => {
    const world = await worldOf(200);
    const documents = new MemoryDocuments();
    await foldCoins(world, documents, 1000);
    expect((await blockIds(documents)).length).toBeGreaterThan(0);
    await dropGeneration(documents, GENERATION);
    expect([await documents.count(heads), await documents.count(blocks)]).toEqual([0, 0]);
    expect(await documents.generations()).toEqual([]);
  });

  /** A store whose process ends within many of the first commits: after half of the documents, or before the checkpoint. */
  class InterruptedDocuments extends MemoryDocuments {
    private commits = 0;
    override async commit(commit: Commit) {
      const { writes, follower } = commit;
      const number = this.commits++;
      if (!writes || number > 40 || (number * 7) % 10 > 4) return super.commit(commit);
      const checkpoint = (await this.checkpoint(follower)) ?? { position: START, count: 0, digest: `${follower}:0` };
      const isHalf = number % 4 < 2;
      const documents = [...writes.documents].filter((_, index) => !isHalf || index % 2 === 1);
      await super.commit({ ...commit, checkpoint, writes: { ...writes, documents, ...(isHalf && { removed: [] }) } });
      throw new Error('the process ends here');
    }
  }

  it('is whole after interrupted commits, which leave nothing behind once it has changed again', async () => {
    const world = await worldOf(300);
    const documents = new InterruptedDocuments();
    let ends = 0;
    const foldOn = async () => {
      for (let size = 60, done = false; !done; size = size < 10 ? 60 : size - 7)
        try {
          await foldCoins(world, documents, size);
          done = true;
        } catch (error) {
          expect(error).toMatchObject({ message: 'the process ends here' });
          ends++;
        }
    };
    await foldOn();
    expect(ends).toBeGreaterThan(5);
    const read = await new ReadModels(documents).get(purses, 'ada');
    expect(read).toEqual(foldAll(purses, await world.events()).get('ada'));
    expect(await differingDocuments({ ...world, documents }, purses, GENERATION)).toEqual([]);
    jest
      .spyOn(documents, 'commit')
      .mockImplementation((commit) => MemoryDocuments.prototype.commit.call(documents, commit));
    await world.drop(40);
    await foldOn();
    expect(await blockIds(documents)).toEqual(await namedBlocks(documents));
  });
});
