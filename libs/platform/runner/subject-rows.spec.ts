import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START, type Commit, type Documents, type ReadModel } from '@baton/kernel';
import {
  bytesOf,
  drops,
  dropsInLog,
  dropsOf,
  fence,
  foldNew,
  GENERATION,
  rows,
  states,
  type Drop,
  type World,
} from '../../../test/support/drops';
import { EmbeddedDocuments, MemoryDocuments, ReadModels } from '../documents';
import { openDatabase } from '../sqlite';
import { dropGeneration } from './generations';
import { historyOf } from './history';
import { replay } from './replay';
import { Runner } from './runner';
import { differingDocuments } from './verify-documents';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const worldOf = async (...given: Parameters<typeof dropsInLog>) => {
  const world = await dropsInLog(...given);
  opened.push(() => world.log.close());
  return world;
};
const rowsOf = async (models: ReadModels, leadId: string) => {
  const found = await models.find<Drop>(drops, { where: { id: { prefix: `${leadId}/` } } });
  return found.map(({ id, doc: { dropId, coins, next, note } }) => [id === dropId, coins, next, note !== undefined]);
};

describe('rows that the history of a subject makes', () => {
  it('are those of the last state, without what was dropped', async () => {
    const world = await worldOf([1, 5, 2, 6, 9, 7, 3], false);
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 2);
    const models = new ReadModels(documents);
    expect(await rowsOf(models, 'ada')).toEqual([
      [true, 9, 3, false], // the second was taken back, so that the first is followed by what came next
      [true, 3, null, true],
    ]);
    expect(await rowsOf(models, 'bob')).toEqual([
      [true, 5, 6, true],
      [true, 6, 7, true],
      [true, 7, null, true],
    ]);
    expect(await models.count(drops, { next: { eq: null } })).toBe(2);
  });

  it('and its states have the same bytes with any page size, after restarts, after a rebuild and in any store', async () => {
    const world = await worldOf();
    const rebuilt = new MemoryDocuments();
    await replay({ ...world, documents: rebuilt }, drops, GENERATION, fence, { pageSize: 1000 });
    const bytes = await bytesOf(rebuilt);
    expect(bytes).toContain('"next":');
    for (const size of [1, 2, 3, 7, 1000]) {
      const documents = new MemoryDocuments();
      await foldNew(world, documents, size);
      expect(await bytesOf(documents)).toBe(bytes);
    }
    const embedded = await EmbeddedDocuments.open(':memory:');
    opened.push(() => embedded.close());
    await foldNew(world, embedded, 3);
    expect(await bytesOf(embedded)).toBe(bytes);
  });

  it('have their indexes after a rebuild that wrote so many of them that it left the indexes for later', async () => {
    const world = await worldOf(
      Array.from({ length: 700 }, (_, n) => n % 8),
      false,
    );
    const folder = mkdtempSync(join(tmpdir(), 'rows-'));
    opened.push(async () => rmSync(folder, { recursive: true }));
    const path = join(folder, 'documents.db');
    const documents = await EmbeddedDocuments.open(path);
    const commit = jest.spyOn(documents, 'commit');
    await replay({ ...world, documents }, drops, GENERATION, fence);
    expect(commit.mock.calls.some(([{ writes }]) => writes?.collection.name === GENERATION && writes.fresh)).toBe(true);
    expect(await documents.count(rows)).toBe(700);
    await documents.close();
    const file = openDatabase(path, { synchronous: 'NORMAL' });
    const found = file.prepare(`SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`).all();
    file.close();
    expect(found.map(({ name }) => name).sort()).toEqual(
      rows.indexes!.map(([first]) => `drops-v1.${first!.column}`).sort(),
    );
    expect(found.length).toBeGreaterThan(0);
  });

  it('lose what is sealed when the person is erased, also those that no state knows any more', async () => {
    const world = await worldOf([1, 5, 2, 6, 3, 7], false);
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 1);
    await world.erase();
    const events = (await world.log.readAll(START)).events;
    await foldNew({ ...world, events }, documents, 1);
    const models = new ReadModels(documents);
    expect((await rowsOf(models, 'ada')).map(([, coins, , hasNote]) => [coins, hasNote])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ]);
    expect((await rowsOf(models, 'bob')).every(([, , , hasNote]) => hasNote)).toBe(true);
    const sealed = (subject: string) => `"subject":"${subject}"`;
    const bytes = await bytesOf(documents);
    expect([bytes.includes(sealed('ada')), bytes.includes(sealed('bob'))]).toEqual([false, true]);
  });

  it('are as they were at a cut', async () => {
    const world = await worldOf([1, 5, 2, 6, 3, 7], false);
    const models = historyOf(world.log, world.journal, world.clock)({ knownAt: world.events[2]!.position });
    expect(await rowsOf(models, 'ada')).toEqual([
      [true, 1, 2, true],
      [true, 2, null, true],
    ]);
    expect(await models.count(drops)).toBe(3);
  });

  /** A store whose process ends after every third commit, before it can say so. */
  class EndingDocuments extends MemoryDocuments {
    private commits = 0;
    readonly ended = new Set<string | undefined>();

    override async commit(commit: Commit) {
      await super.commit(commit);
      if (this.commits++ % 3 !== 0) return;
      this.ended.add(commit.writes?.collection.name);
      throw new Error('the process ends here');
    }
  }
  it('are the same when the process ends between them and the states', async () => {
    const world = await worldOf();
    const whole = new MemoryDocuments();
    await foldNew(world, whole, 1000);
    const documents = new EndingDocuments();
    let ends = 0;
    for (let size = 5, done = false; !done; size = size === 1 ? 5 : size - 1)
      try {
        await foldNew(world, documents, size);
        done = true;
      } catch (error) {
        expect(error).toMatchObject({ message: 'the process ends here' });
        ends++;
      }
    expect(ends).toBeGreaterThan(3);
    expect(documents.ended).toContain(GENERATION);
    expect(await bytesOf(documents)).toBe(await bytesOf(whole));
  });

  it('go with their states when a generation is dropped', async () => {
    const documents = new MemoryDocuments();
    await foldNew(await worldOf(), documents, 1000);
    expect(await documents.generations()).toEqual([GENERATION, states.name]);
    await dropGeneration(documents, GENERATION);
    expect(await documents.generations()).toEqual([]);
  });
});

describe('a history that is verified', () => {
  const verified = (world: World, documents: Documents, batchSize?: number) =>
    differingDocuments({ ...world, documents }, drops, GENERATION, batchSize);

  it('equals a new fold of the log, compared in one part or in several', async () => {
    const world = await worldOf();
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 7);
    for (const batchSize of [1000, 2]) expect(await verified(world, documents, batchSize)).toEqual([]);
  });

  it('names rows that were altered, lost or added, and altered states', async () => {
    const world = await worldOf();
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 7);
    const checkpoint = (await documents.checkpoint(GENERATION))!;
    const row = (await documents.getMany(rows, ['bob/2'])).get('bob/2')!;
    const alter = (writes: Commit['writes']) =>
      documents.commit({ follower: GENERATION, checkpoint, fence: fence(), ...(writes && { writes }) });
    const position = checkpoint.position;
    const altered = { ...row, doc: { ...row.doc, coins: 99 }, position };
    await alter({ collection: rows, documents: [altered, { ...row, id: 'bob/77' }], removed: ['ada/1'] });
    await alter({ collection: states, documents: [], removed: ['ada', 'bob'] });
    await alter({ collection: states, documents: [{ id: 'bob', doc: { count: 99, coins: 1 }, position }] });
    const found = await verified(world, documents);
    expect(found).toEqual(expect.arrayContaining(['bob/2', 'bob/77', 'ada/1', 'ada', 'bob']));
  });

  it('is not reported for rows that are folded during the verification', async () => {
    const world = await worldOf();
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 3, 8);
    let reads = 0;
    const find = documents.find.bind(documents);
    documents.find = async (of, asked) => {
      if (asked?.limit === 1000 && ++reads <= 2) await foldNew(world, documents, 3, 8 + 5 * reads);
      return find(of, asked);
    };
    expect(await verified(world, documents)).toEqual([]);
    expect(reads).toBeGreaterThan(2);
  });
});

it('a subject that waited is folded again into its rows, and a discarded event leaves none', async () => {
  const world = await worldOf([], false);
  const { log, journal, clock, drop } = world;
  const documents = new MemoryDocuments();
  const start = async (of: ReadModel) => {
    const runner = new Runner({
      ...{ log, documents, clock, projections: [of], policies: [], aggregates: [], dispatch: world.send, journal },
      ...{ onFault: () => undefined, onParked: () => undefined },
    });
    await runner.start({ tick: false });
    await runner.catchUp();
    opened.push(() => runner.stop());
    return runner;
  };
  const broken = await start(dropsOf(true));
  for (const [leadId, coins] of [
    ['ada', 1],
    ['ada', 13],
    ['bob', 2],
    ['ada', 3],
    ['bob', 14],
    ['bob', 4],
  ] as const)
    await drop(leadId, coins);
  await broken.catchUp();
  const models = new ReadModels(documents);
  const coinsOf = async (leadId: string) => (await rowsOf(models, leadId)).map(([, coins]) => coins);
  expect([await coinsOf('ada'), await coinsOf('bob')]).toEqual([[1], [2]]);
  expect(await broken.discardParked(GENERATION, 'bob', 'eve')).toBeUndefined();
  await broken.catchUp();
  await broken.stop();
  const fixed = await start(drops);
  expect(await fixed.retryParked(GENERATION, 'ada', 'eve')).toBeUndefined();
  await fixed.catchUp();
  expect([await coinsOf('ada'), await coinsOf('bob')]).toEqual([
    [1, 13, 3],
    [2, 4],
  ]);
  await drop('ada', 9);
  await drop('ada', 5);
  await fixed.catchUp();
  expect(await coinsOf('ada')).toEqual([1, 9, 5]);
  expect(await fixed.verify()).toMatchObject([{ complete: true }]);
  await fixed.stop();
});
