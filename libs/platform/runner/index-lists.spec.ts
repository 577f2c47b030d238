import { catalogueOf, events, eventIndex, integer, ref, START, type Commit, type Projection } from '@baton/kernel';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { collectionOf, MemoryDocuments, ReadModels, type EntryList } from '../documents';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { differingDocuments } from './verify-documents';
import { Fold, type RebuildLimits } from './fold';
import { DecodedPage } from './page';
import { replay } from './replay';

/** For each till the coins that were dropped, and for the key `all` those of every till. */
const whole = eventIndex({
  name: 'drops',
  version: 1,
  keys: ({ stream }) => [stream, 'all'],
  entry: ({ position, stream, data }, key) => ({
    position,
    coins: (data as { coins: number }).coins,
    ...(key === 'all' && { stream }),
  }),
});
const drops = { ...whole, listSizes: { row: 2, block: 4 } };
const GENERATION = 'drops-v1';
const collection = collectionOf(drops, GENERATION);
const fence = () => ({ lease: 'test', token: 1 });
const catalogue = catalogueOf([
  events({ CoinDropped: { version: 1, sentence: 'Coins were dropped', tillId: ref('till'), coins: integer() } }),
]);

const opened: EmbeddedEventLog[] = [];
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
});

/** A log with `count` drops: every third goes into till b, the others into till a. */
const logOf = async (count: number) => {
  const log = EmbeddedEventLog.open(':memory:', new FixedClock());
  opened.push(log);
  for (let coins = 0; coins < count; coins++) {
    const tillId = coins % 3 === 2 ? 'b' : 'a';
    await log.append(`till-${tillId}`, [anEvent({ tillId, coins }, 'CoinDropped')], 'any');
  }
  const journal = new SealedJournal(log, catalogue, new MemoryKeyStore());
  return { log, journal, events: (await log.readAll(START)).events };
};
type World = Awaited<ReturnType<typeof logOf>>;

/** Folds the events after the checkpoint, in pages of `size` events, each with a new `Fold`, as after a restart. */
const foldNew = async (
  { log, journal, events }: World,
  documents: MemoryDocuments,
  size: number,
  until = events.length,
  of: Projection = drops,
) => {
  for (;;) {
    const fold = await Fold.open({ log, journal, documents }, of, GENERATION, fence);
    const page = events
      .slice(0, until)
      .filter(({ position }) => position > fold.position)
      .slice(0, size);
    if (page.length === 0) return;
    await fold.take(new DecodedPage({ events: page, position: page.at(-1)!.position, atTip: true }, journal));
    await fold.saveChanges();
  }
};
const stored = async (documents: MemoryDocuments) => documents.find(collection, { limit: 10_000 });
const idsOf = async (documents: MemoryDocuments) => (await stored(documents)).map(({ id }) => id);
const coinsOf = async (documents: MemoryDocuments, key: string) =>
  (await new ReadModels(documents).entries(drops, key)).map(({ coins }) => coins);
const upTo = (count: number) => Array.from({ length: count }, (_, coins) => coins);
const inTill = (count: number, till: 'a' | 'b') => upTo(count).filter((coins) => (coins % 3 === 2) === (till === 'b'));

describe('an index', () => {
  it('keeps new entries in rows of 16, and as one block once 256 are complete', async () => {
    const { log, journal } = await logOf(258);
    const shapeAt = async (count: number) => {
      const { position } = await log.readAll(START, {}, count);
      const documents = new MemoryDocuments();
      await replay({ log, journal, documents }, whole, GENERATION, fence, { cut: { knownAt: position } });
      const all = (await stored(documents)).filter(({ id }) => id.startsWith('all/'));
      return [all.length, all.at(-1)!.id, all.at(-1)!.doc['count']];
    };
    expect(await shapeAt(16)).toEqual([1, 'all/0000000000', 16]);
    expect(await shapeAt(255)).toEqual([16, 'all/0000000240', 15]);
    expect(await shapeAt(256)).toEqual([1, 'all/0000000000', 256]);
    expect(await shapeAt(258)).toEqual([2, 'all/0000000256', 2]);
  });

  it('returns its entries in order, whether they are in rows or in blocks', async () => {
    const world = await logOf(13);
    const documents = new MemoryDocuments();
    for (const count of upTo(14)) {
      await foldNew(world, documents, 1, count);
      expect(await coinsOf(documents, 'all')).toEqual(upTo(count));
      for (const till of ['a', 'b'] as const)
        expect(await coinsOf(documents, `till-${till}`)).toEqual(inTill(count, till));
    }
    expect(await idsOf(documents)).toEqual(
      ['all/0', 'all/4', 'all/8', 'all/12', 'till-a/0', 'till-a/4', 'till-a/8', 'till-b/0'].map((id) =>
        id.replace(/\d+$/, (digits) => digits.padStart(10, '0')),
      ),
    );
    const [first] = await new ReadModels(documents).entries(drops, 'all');
    expect(first).toEqual({ position: world.events[0]!.position, coins: 0, stream: 'till-a' });
    expect(await coinsOf(documents, 'till')).toEqual([]);
  });

  it('is kept between questions: what was read stays, and what was added is read', async () => {
    const world = await logOf(40);
    const documents = new MemoryDocuments();
    const models = new ReadModels(documents);
    const find = jest.spyOn(documents, 'find');
    let before: EntryList<unknown> | undefined;
    let readWhole = 0;
    for (const count of [1, 1, 2, 3, 4, 5, 8, 8, 9, 10, 11, 13, 40, 40]) {
      await foldNew(world, documents, 3, count);
      find.mockClear();
      const list = await models.list(drops, 'all');
      expect(list.toArray().map(({ coins }) => coins)).toEqual(upTo(count));
      expect(upTo(count).map((number) => [list.get(number, 'coins'), list.at(number).coins])).toEqual(
        upTo(count).map((coins) => [coins, coins]),
      );
      if (list.origin !== before?.origin) readWhole++;
      if (count === before?.length) expect(list).toBe(before);
      expect(find.mock.calls.every(([, asked]) => JSON.stringify(asked).includes('all/'))).toBe(true);
      before = list;
    }
    expect(readWhole).toBeLessThan(6); // at first, and where the last row has become part of a block
  });

  it('is not answered from what was kept once it is rebuilt or not there any more', async () => {
    const world = await logOf(12);
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 5);
    const models = new ReadModels(documents);
    const { origin } = await models.list(drops, 'all');
    const next = 'drops-v1-2';
    const nines = { ...drops, fold: (_: unknown, { position }: { position: string }) => ({ position, coins: 9 }) };
    await replay({ ...world, documents }, nines as unknown as Projection, next, fence);
    expect((await models.list(drops, 'all')).origin).toBe(origin);
    await documents.activate('drops', next);
    expect((await models.entries(drops, 'all')).map(({ coins }) => coins)).toEqual(upTo(12).map(() => 9));
    await documents.activate('drops', GENERATION);
    await documents.drop(GENERATION);
    expect(await models.entries(drops, 'all')).toEqual([]);
  });

  it('is not kept while a store shows a part of it as it was before it was folded anew', async () => {
    const world = await logOf(8);
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 8);
    const checkpoint = (await documents.checkpoint(GENERATION))!;
    const models = new ReadModels(documents);
    const position = `${checkpoint.position}~`;
    for (const [, { id, doc }] of (await stored(documents)).filter(({ id }) => id.startsWith('all/')).entries()) {
      const write = { ...{ follower: GENERATION, checkpoint, fence: fence() } };
      await documents.commit({ ...write, writes: { collection, documents: [{ id, doc, position }] } });
      const isPart = id === 'all/0000000000';
      const { origin } = await models.list(drops, 'all');
      expect((await models.list(drops, 'all')).origin === origin).toBe(!isPart);
    }
  });

  it('has the same bytes with any page size, after restarts and after a rebuild', async () => {
    const world = await logOf(50);
    const rebuilt = new MemoryDocuments();
    await replay({ ...world, documents: rebuilt }, drops, GENERATION, fence, { pageSize: 1000 });
    const bytes = JSON.stringify(await stored(rebuilt));
    for (const size of [1, 3, 4, 11, 1000]) {
      const documents = new MemoryDocuments();
      await foldNew(world, documents, size);
      expect(JSON.stringify(await stored(documents))).toBe(bytes);
      const paged = new MemoryDocuments();
      await replay({ ...world, documents: paged }, drops, GENERATION, fence, { pageSize: size });
      expect(JSON.stringify(await stored(paged))).toBe(bytes);
    }
  });

  it('has the same bytes where a rebuild packs its lists, saves them in several commits, and comes back to them', async () => {
    const world = await logOf(60);
    const bytesWith = async (rebuildLimits?: RebuildLimits) => {
      const documents = new MemoryDocuments();
      const commit = jest.spyOn(documents, 'commit');
      const stores = { ...world, documents, ...(rebuildLimits && { rebuildLimits }) };
      const tills = {
        ...drops,
        keys: ({ position }: { position: string }) => [`till-${Number(position) % 17}`, 'all'],
      };
      await replay(stores, tills, GENERATION, fence, { pageSize: 7 });
      return { bytes: JSON.stringify(await stored(documents)), commits: commit.mock.calls.length };
    };
    const whole = await bytesWith();
    expect(whole.commits).toBe(1);
    for (const bytes of [500, 200, 50]) {
      const inParts = await bytesWith({ objects: 1, bytes, rows: 5, committed: 5 });
      expect(inParts.bytes).toBe(whole.bytes);
      expect(inParts.commits).toBeGreaterThan(5);
    }
  });

  /**
   * A store whose process ends within every other commit: after half of the documents, or after all but before the
   * checkpoint.
   */
  class InterruptedDocuments extends MemoryDocuments {
    private commits = 0;

    override async commit(commit: Commit) {
      const { writes, follower } = commit;
      if (!writes || this.commits++ % 2 === 1) return super.commit(commit);
      const checkpoint = (await this.checkpoint(follower)) ?? { position: START, count: 0, digest: `${follower}:0` };
      const written =
        this.commits % 4 === 1
          ? writes
          : { ...writes, documents: [...writes.documents].filter((_, index) => index % 2 === 1), removed: [] };
      await super.commit({ ...commit, checkpoint, writes: written });
      throw new Error('the process ends here');
    }
  }

  it('continues after an interrupted commit without losing or doubling an entry', async () => {
    const world = await logOf(60);
    const whole = new MemoryDocuments();
    await foldNew(world, whole, 1000);
    const documents = new InterruptedDocuments();
    let ends = 0;
    for (let size = 9, done = false; !done; size = size === 1 ? 9 : size - 1)
      try {
        await foldNew(world, documents, size);
        done = true;
      } catch (error) {
        expect(error).toMatchObject({ message: 'the process ends here' });
        ends++;
      }
    expect(ends).toBeGreaterThan(5);
    expect(await stored(documents)).toEqual(await stored(whole));
  });

  it('with missing entries is neither folded on nor read', async () => {
    const world = await logOf(20);
    const documents = new MemoryDocuments();
    await foldNew(world, documents, 5, 11); // two blocks and two rows of `all`
    const checkpoint = (await documents.checkpoint(GENERATION))!;
    const lose = (id: string) =>
      documents.commit({
        ...{ writes: { collection, documents: [], removed: [id] }, follower: GENERATION, checkpoint, fence: fence() },
      });
    await lose('all/0000000008');
    const code = 'read/documents-differ';
    await expect(coinsOf(documents, 'all')).rejects.toMatchObject({ code });
    await expect(foldNew(world, documents, 5)).rejects.toMatchObject({ code });
  });

  describe('that is verified', () => {
    const verified = async (world: World, documents: MemoryDocuments, batchSize?: number) =>
      differingDocuments({ ...world, documents }, drops, GENERATION, batchSize);

    it('equals a new fold of the log, compared in one part or in several', async () => {
      const world = await logOf(30);
      const documents = new MemoryDocuments();
      await foldNew(world, documents, 7);
      for (const batchSize of [1000, 3]) expect(await verified(world, documents, batchSize)).toEqual([]);
    });

    it('names rows and blocks that were altered, lost or added', async () => {
      const world = await logOf(15); // of `all` three blocks and two rows
      const documents = new MemoryDocuments();
      await foldNew(world, documents, 15);
      const checkpoint = (await documents.checkpoint(GENERATION))!;
      const block = (await documents.getMany(collection, ['all/0000000004'])).get('all/0000000004')!;
      const { coins } = block.doc['fields'] as { coins: { values: number[] } };
      coins.values[3] = 99;
      const row = {
        id: 'all/0000000005',
        doc: { count: 1, fields: { position: { values: [block.position] }, coins: { values: [5] } } },
        position: block.position,
      };
      const position = `${block.position}~`;
      await documents.commit({
        writes: { collection, documents: [{ ...block, position }, row], removed: ['all/0000000014'] },
        ...{ follower: GENERATION, checkpoint: { ...checkpoint, position: checkpoint.position }, fence: fence() },
      });
      expect(await verified(world, documents)).toEqual(['all/0000000004', 'all/0000000005', 'all/0000000014']);
    });

    it('is not reported for entries that are added during the verification', async () => {
      const world = await logOf(40);
      const documents = new MemoryDocuments();
      await foldNew(world, documents, 3, 15);
      let reads = 0;
      const find = documents.find.bind(documents);
      documents.find = async (of, asked) => {
        if (asked?.limit === 1000 && ++reads <= 2) await foldNew(world, documents, 3, 15 + 9 * reads);
        return find(of, asked);
      };
      expect(await verified(world, documents)).toEqual([]);
      expect(reads).toBeGreaterThan(2);
    });

    it('is not reported for rows that become a block between two pages', async () => {
      const world = await logOf(256);
      const documents = new MemoryDocuments();
      const lists = Array.from({ length: 63 }, (_, n) => `list-${n}`);
      const wide = { ...whole, keys: () => lists };
      await foldNew(world, documents, 1000, 252, wide); // 1008 rows: the last eight are in the second page
      let pages = 0;
      const find = documents.find.bind(documents);
      documents.find = async (of, asked) => {
        if (asked?.limit === 1000 && ++pages === 2) await foldNew(world, documents, 1000, 256, wide);
        return find(of, asked);
      };
      expect(await differingDocuments({ ...world, documents }, wide, GENERATION)).toEqual([]);
      expect(pages).toBeGreaterThan(2);
    });
  });
});
