import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentsContract } from '@baton/kernel/testing';
import { openDatabase } from '../sqlite';
import { EmbeddedDocuments } from '.';

documentsContract('embedded', () => EmbeddedDocuments.open(':memory:'));

describe('a file of embedded documents', () => {
  const collection = { name: 'deals-v1-g1', columns: { stage: 'text' } } as const;
  const checkpoint = { position: '2', count: 2, digest: 'd' };
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'documents-'));
    path = join(folder, 'documents.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const commit = (store: EmbeddedDocuments, id: string, token = 1) =>
    store.commit({
      writes: { collection, documents: [{ id, doc: { stage: 'won', id }, position: '2' }] },
      follower: 'fold',
      checkpoint,
      parked: [{ follower: 'fold', sequence: id, position: '2', eventId: 'e', code: 'c', message: 'm' }],
      fence: { lease: 'fold', token },
    });

  it('is the same after it was closed and opened again', async () => {
    const before = await EmbeddedDocuments.open(path);
    await commit(before, 'a');
    await before.activate('deals', collection.name);
    const fence = await before.lease('fold', 'me');
    await before.close();
    const after = await EmbeddedDocuments.open(path);
    expect(await after.find(collection, { where: { stage: { eq: 'won' } } })).toEqual([
      { id: 'a', doc: { stage: 'won', id: 'a' }, position: '2' },
    ]);
    expect(await after.checkpoint('fold')).toEqual(checkpoint);
    expect(await after.parked('fold')).toHaveLength(1);
    expect(await after.active('deals')).toBe(collection.name);
    expect(await after.lease('fold', 'me')).toEqual(fence);
    await after.close();
  });

  it('answers a question whose index it does not have, because another version of Baton wrote it', async () => {
    const columns = { stage: 'text', owner: 'text' } as const;
    const index = [{ column: 'stage' }, { column: 'owner' }];
    const store = await EmbeddedDocuments.open(path);
    const ids = ['a', 'b', 'c'];
    await store.commit({
      writes: {
        collection: { name: 'deals-v1', columns, indexes: [] },
        documents: ids.map((id) => ({ id, doc: { stage: 'won', owner: id < 'c' ? 'ann' : 'bob' }, position: '1' })),
      },
      ...{ follower: 'fold', checkpoint, fence: { lease: 'fold', token: 1 } },
    });
    const where = { stage: { eq: 'won' }, owner: { eq: 'ann' } };
    const found = await store.find({ name: 'deals-v1', columns, indexes: [index] }, { where });
    expect(found.map(({ id }) => id)).toEqual(['a', 'b']);
    await store.close();
  });

  it('is shared by two who see each other’s writes, leases and drops', async () => {
    const [one, two] = [await EmbeddedDocuments.open(path), await EmbeddedDocuments.open(path)];
    await Promise.all([commit(one, 'a'), commit(two, 'b')]);
    expect(await one.count(collection)).toBe(2);
    expect(await two.count(collection)).toBe(2);
    await one.renewLeases('one', true);
    await one.lease('fold', 'one');
    expect(await two.lease('fold', 'two')).toBeUndefined();
    await one.release('fold', 'one');
    expect(await two.lease('fold', 'two')).toEqual({ lease: 'fold', token: 2 });
    await expect(commit(one, 'c', 1)).rejects.toMatchObject({ code: 'documents/lease-lost' });
    await one.drop(collection.name);
    expect(await two.find(collection)).toEqual([]);
    await expect(commit(two, 'd', 2)).rejects.toMatchObject({ code: 'documents/generation-dropped' });
    expect(await one.generations()).toEqual(['fold']);
    await Promise.all([one.close(), two.close()]);
  });

  describe('that a rebuild fills', () => {
    const questions = { ...collection, columns: { ...collection.columns, owner: 'text' } } as const;
    const ownersDeals = { ...questions, indexes: [[{ column: 'stage' }, { column: 'owner' }], [{ column: 'owner' }]] };
    const fill = (store: EmbeddedDocuments, from: number, count: number) =>
      store.commit({
        writes: {
          collection: ownersDeals,
          documents: Array.from({ length: count }, (_, i) => ({
            id: `d${10_000 + from + i}`,
            doc: { stage: 'won', owner: `o${(from + i) % 7}` },
            position: '1',
          })),
          fresh: true,
        },
        ...{ follower: collection.name, checkpoint, fence: { lease: 'fold', token: 1 } },
      });
    /** By which index the deals of an owner are found. */
    const planned = () => {
      const file = openDatabase(path, { synchronous: 'NORMAL' });
      const [plan] = file
        .prepare(`EXPLAIN QUERY PLAN SELECT id FROM "documents-deals-v1-g1" WHERE "c_owner" IS ? ORDER BY id LIMIT 5`)
        .all<{ detail: string }>('o1');
      file.close();
      return plan!.detail;
    };
    const byOwner = 'USING COVERING INDEX deals-v1-g1.owner';
    const ofOwner = (store: EmbeddedDocuments) =>
      store.count(ownersDeals, { stage: { eq: 'won' }, owner: { eq: 'o1' } });

    it('has its indexes with few documents, and with many once they are all there', async () => {
      const store = await EmbeddedDocuments.open(path);
      await fill(store, 0, 100);
      expect(planned()).toContain(byOwner);
      await store.drop(collection.name);
      await store.close();
      rmSync(path);

      const many = await EmbeddedDocuments.open(path);
      await fill(many, 0, 700);
      await fill(many, 700, 700);
      expect(planned()).not.toContain('INDEX deals-v1-g1.owner');
      expect(await ofOwner(many)).toBe(200); // nobody waits for the indexes
      await many.prepare(ownersDeals);
      expect(planned()).toContain(byOwner);
      expect(await ofOwner(many)).toBe(200);
      await fill(many, 1400, 700);
      expect(planned()).toContain(byOwner);
      expect(await ofOwner(many)).toBe(300);
      await many.close();
    });

    it('gets the indexes that a process which ended did not make', async () => {
      const ended = await EmbeddedDocuments.open(path);
      await fill(ended, 0, 700);
      await ended.close();
      const next = await EmbeddedDocuments.open(path);
      await next.prepare(ownersDeals);
      expect(planned()).toContain(byOwner);
      await next.close();
    });

    it('gets them while it is filled, before there are so many documents that an index takes long', async () => {
      const store = await EmbeddedDocuments.open(path, { unindexedRows: 1_000 });
      await fill(store, 0, 700);
      expect(planned()).not.toContain(byOwner);
      await fill(store, 700, 700);
      expect(planned()).toContain(byOwner);
      await store.close();
    });
  });

  it('holds nothing of a dropped generation, neither in the file nor in its log', async () => {
    const store = await EmbeddedDocuments.open(path);
    await commit(store, 'ada@example.com');
    const bytes = () => Buffer.concat([path, `${path}-wal`].map((file) => readFileSync(file))).toString('latin1');
    expect(bytes()).toContain('ada@example.com');
    await store.unpark('fold', 'ada@example.com');
    await store.drop(collection.name);
    expect(bytes()).not.toContain('ada@example.com');
    await store.close();
  });
});
