import { Conflict, Refused } from '..';
import type { Collection, Documents, FindOptions } from '..';
import { deals, documentsQueries, type Save } from './documents-queries.contract';

const FENCE = { lease: 'writer', token: 1 };
const at = (position: number) => String(position).padStart(6, '0');
const reached = (position: number) => ({ position: at(position), count: position, digest: `d${position}` });

/**
 * The contract of the `Documents` port. Each test gets a store of its own.
 * @param open opens an empty store, which is closed at the end of the test
 */
export const documentsContract = (name: string, open: () => Promise<Documents>): void =>
  describe(`${name} keeps the Documents contract`, () => {
    let store: Documents;
    beforeEach(async () => {
      store = await open();
      await store.prepare(deals);
    });
    afterEach(() => store.close());

    const save: Save = (docs, position = 1, collection = deals, fresh = false) =>
      store.commit({
        writes: {
          collection,
          documents: Object.entries(docs).map(([id, doc]) => ({ id, doc, position: at(position) })),
          fresh,
        },
        follower: collection.name,
        checkpoint: reached(position),
        fence: FENCE,
      });
    const ids = async (find?: FindOptions) => (await store.find(deals, find)).map(({ id }) => id);
    const one = async (id: string) => (await store.getMany(deals, [id])).get(id);

    describe('documents', () => {
      it('returns the documents that exist of many ids, with their positions', async () => {
        await save({ a: { stage: 'won' }, b: { stage: 'lost' } }, 7);
        const found = await store.getMany(deals, ['b', 'absent', 'a']);
        expect([...found.keys()].sort()).toEqual(['a', 'b']);
        expect(found.get('b')).toEqual({ id: 'b', doc: { stage: 'lost' }, position: at(7) });
        expect((await store.getMany(deals, [])).size).toBe(0);
      });

      it('stores them byte by byte, with any keys and ids', async () => {
        const doc = { z: 1, a: { $set: { 'x.y': [null, '💶', 'quo"te', "it's"] } }, 10: 'ten', 'a.b': 0.1, '': [] };
        const unusualIds = ['über', "o'neil", 'say "hi"', 'a.b.c', '$id', '{"$gt":""}', '💶', '%_', 'a b', '__proto__'];
        await save(Object.fromEntries(unusualIds.slice(0, -1).map((id) => [id, doc])));
        for (const id of unusualIds.slice(0, -1)) {
          expect(JSON.stringify((await one(id))?.doc)).toBe(JSON.stringify(doc));
          expect(await ids({ where: { id: { eq: id } } })).toEqual([id]);
        }
        expect(await one('__proto__')).toBeUndefined();
      });

      it('returns copies and stores copies', async () => {
        const doc = { stage: 'won', tags: ['x'] };
        await save({ a: doc });
        doc.tags.push('changed after');
        (await one('a'))!.doc.tags.push('changed outside');
        expect((await one('a'))!.doc).toEqual({ stage: 'won', tags: ['x'] });
      });

      it('does not change a document that is not older', async () => {
        await save({ a: { stage: 'won' } }, 5);
        await save({ a: { stage: 'older' }, b: { stage: 'new' } }, 4);
        await save({ a: { stage: 'equal' } }, 5);
        expect(await one('a')).toEqual({ id: 'a', doc: { stage: 'won' }, position: at(5) });
        expect(await ids({ where: { stage: { eq: 'older' } } })).toEqual([]);
        expect(await ids()).toEqual(['a', 'b']);
        await save({ a: { stage: 'newer' } }, 6);
        expect(await one('a')).toEqual({ id: 'a', doc: { stage: 'newer' }, position: at(6) });
        expect(await ids({ where: { stage: { eq: 'newer' } } })).toEqual(['a']);
      });

      it('treats documents written as fresh like others if they exist', async () => {
        await save({ a: { stage: 'won' }, b: { stage: 'won' } }, 5, deals, true);
        await save({ a: { stage: 'stale' }, c: { stage: 'won' } }, 4, deals, true);
        await save({ b: { stage: 'lost' }, d: { stage: 'won' } }, 6, deals, true);
        const stages = (await store.find(deals)).map(({ id, doc }) => `${id} ${doc.stage}`);
        expect(stages).toEqual(['a won', 'b lost', 'c won', 'd won']);
      });

      it('removes documents in the commit that writes others, at any position', async () => {
        await save({ a: { stage: 'won' }, b: { stage: 'lost' }, c: { stage: 'won' } }, 5);
        const documents = [{ id: 'a', doc: { stage: 'all' }, position: at(6) }];
        const writes = { collection: deals, documents, removed: ['b', 'absent', 'c'] };
        await store.commit({ writes, follower: deals.name, checkpoint: reached(6), fence: FENCE });
        expect(await ids()).toEqual(['a']);
        expect(await one('a')).toMatchObject({ doc: { stage: 'all' } });
        expect(await ids({ where: { stage: { in: ['won', 'lost'] } } })).toEqual([]);
        await save({ b: { stage: 'again' } }, 1);
        expect(await ids()).toEqual(['a', 'b']);
      });

      it('no longer finds a removed document by its tokens', async () => {
        const people: Collection = { name: 'people-v1-g1', columns: { name: 'tokens' } };
        const sealed = { $sealed: 'v1.', subject: 'ada', context: 'x', tokens: ['t1'] };
        await save({ a: { name: sealed } }, 1, people);
        const writes = { collection: people, documents: [], removed: ['a'] };
        await store.commit({ writes, follower: people.name, checkpoint: reached(2), fence: FENCE });
        await save({ a: {}, b: { name: sealed } }, 3, people);
        expect((await store.find(people, { where: { name: { has: [['t1']] } } })).map(({ id }) => id)).toEqual(['b']);
      });

      it('writes a large page', async () => {
        await save(Object.fromEntries(Array.from({ length: 2_357 }, (_, i) => [`d${i}`, { amount: i }])));
        expect(await store.count(deals)).toBe(2_357);
        const [total] = await store.aggregate(deals, { by: [], measures: { sum: { sum: 'amount' } } });
        expect(total!.values['sum']).toBe((2_356 * 2_357) / 2);
      });

      it('refuses a document whose field does not fit its column, and writes nothing of that commit', async () => {
        await expect(save({ a: { stage: 'won' }, b: { amount: '5' } })).rejects.toMatchObject({
          code: 'documents/wrong-type',
        });
        await expect(save({ a: { amount: 1.5 } })).rejects.toBeInstanceOf(Refused);
        expect(await store.count(deals)).toBe(0);
        expect(await store.checkpoint(deals.name)).toBeUndefined();
      });
    });

    documentsQueries(() => store, save);

    describe('commits', () => {
      const parkedOne = {
        follower: deals.name,
        sequence: 'a',
        position: at(3),
        eventId: 'e3',
        code: 'internal/fault',
        message: 'no "amount"',
      };

      it('stores the checkpoint with the documents', async () => {
        expect(await store.checkpoint(deals.name)).toBeUndefined();
        await save({ a: {} }, 3);
        await store.commit({ follower: 'policy', checkpoint: reached(9), fence: FENCE });
        expect(await store.checkpoint(deals.name)).toEqual(reached(3));
        expect(await store.checkpoint('policy')).toEqual(reached(9));
      });

      it('parks sequences until they are unparked', async () => {
        const other = { ...parkedOne, follower: 'policy', sequence: 'lead-1', position: at(2) };
        const commit = { follower: deals.name, checkpoint: reached(3), fence: FENCE };
        await store.commit({ ...commit, parked: [parkedOne, other] });
        expect(await store.parked()).toEqual([other, parkedOne]);
        expect(await store.parked('policy')).toEqual([other]);
        await store.commit({ ...commit, parked: [{ ...parkedOne, message: 'again' }] });
        expect(await store.parked(deals.name)).toEqual([{ ...parkedOne, message: 'again' }]);
        await store.unpark(deals.name, 'a');
        await store.unpark(deals.name, 'absent');
        expect(await store.parked()).toEqual([other]);
      });

      it('unparks sequences in the commit that writes their documents', async () => {
        const other = { ...parkedOne, follower: 'policy' };
        const [first, second] = [parkedOne, { ...parkedOne, sequence: 'b', position: at(4) }];
        const commit = { follower: deals.name, checkpoint: reached(4), fence: FENCE };
        await store.commit({ ...commit, parked: [first, second, other] });
        await store.commit({ ...commit, unparked: [] });
        expect(await store.parked(deals.name)).toEqual([first, second]);
        const documents = [{ id: 'a', doc: { stage: 'won' }, position: at(5) }];
        const writes = { collection: deals, documents };
        const again = { ...second, position: at(5), eventId: 'e5' };
        await store.commit({ ...commit, writes, checkpoint: reached(5), unparked: ['a', 'absent'], parked: [again] });
        expect(await store.parked(deals.name)).toEqual([again]);
        expect(await store.parked('policy')).toEqual([other]); // only those of this follower are unparked
        expect((await one('a'))!.position).toBe(at(5));
        await store.commit({ ...commit, checkpoint: reached(6), unparked: ['b'] });
        expect(await store.parked(deals.name)).toEqual([]);
        expect(await store.checkpoint(deals.name)).toEqual(reached(6));
      });

      it('keeps them parked if the holder of the lease is refused', async () => {
        const stale = (await store.lease('fold', 'first'))!;
        await store.commit({ follower: deals.name, checkpoint: reached(3), parked: [parkedOne], fence: stale });
        await store.lease('fold', 'second');
        const late = { follower: deals.name, checkpoint: reached(5), unparked: ['a'], fence: stale };
        await expect(store.commit(late)).rejects.toMatchObject({ code: 'documents/lease-lost' });
        expect(await store.parked(deals.name)).toEqual([parkedOne]);
      });

      it('refuses the former holder of a lease, and writes nothing', async () => {
        const stale = (await store.lease('fold', 'first'))!;
        await store.commit({ follower: 'fold', checkpoint: reached(1), fence: stale });
        const fence = (await store.lease('fold', 'second'))!;
        const late = {
          writes: { collection: deals, documents: [{ id: 'late', doc: {}, position: at(5) }] },
          follower: 'fold',
          checkpoint: reached(5),
          parked: [parkedOne],
          fence: stale,
        };
        const thrown = await store.commit(late).catch((error: unknown) => error);
        expect(thrown).toBeInstanceOf(Conflict);
        expect(thrown).toMatchObject({ code: 'documents/lease-lost' });
        expect(await one('late')).toBeUndefined();
        expect(await store.parked()).toEqual([]);
        expect(await store.checkpoint('fold')).toEqual(reached(1));
        await store.commit({ ...late, fence });
        expect(await store.checkpoint('fold')).toEqual(reached(5));
        expect(await one('late')).toBeDefined();
        await store.commit({ follower: 'fold', checkpoint: reached(6), fence: { lease: 'other', token: 1 } });
        expect(await store.checkpoint('fold')).toEqual(reached(6));
      });
    });

    describe('leases', () => {
      const begun = async (...holders: string[]) => {
        for (const holder of holders) expect(await store.renewLeases(holder, true)).toBe(1);
      };

      it('belong to one holder while its heartbeat runs, and their token rises with each change', async () => {
        await begun('a', 'b');
        const first = (await store.lease('fold', 'a'))!;
        expect(await store.leases()).toEqual(new Map([['fold', { holder: 'a', heartbeat: 1 }]]));
        expect(await store.lease('fold', 'b')).toBeUndefined();
        expect(await store.lease('fold', 'a')).toEqual(first);
        expect(await store.renewLeases('a', false)).toBe(2);
        expect((await store.leases()).get('fold')).toEqual({ holder: 'a', heartbeat: 2 });
        expect(await store.endHeartbeat('a', 1)).toBe(false); // it has been renewed since
        expect(await store.lease('fold', 'b')).toBeUndefined();
        expect(await store.endHeartbeat('a', 2)).toBe(true);
        expect(await store.leases()).toEqual(new Map()); // free
        const second = (await store.lease('fold', 'b'))!;
        expect(second.token).toBeGreaterThan(first.token);
        expect(await store.lease('fold', 'a')).toBeUndefined();
        expect(await store.leases()).toEqual(new Map([['fold', { holder: 'b', heartbeat: 1 }]]));
      });

      it('are lost for good by a holder whose heartbeat was ended', async () => {
        await begun('a');
        await store.lease('fold', 'a');
        expect(await store.endHeartbeat('a')).toBe(true);
        expect(await store.endHeartbeat('a')).toBe(false);
        for (let attempt = 0; attempt < 3; attempt++) expect(await store.renewLeases('a', false)).toBeUndefined();
        expect(await store.renewLeases('nobody', false)).toBeUndefined();
        expect(await store.leases()).toEqual(new Map());
      });

      it('are free at once when their holder releases them', async () => {
        await begun('a', 'b');
        const first = (await store.lease('fold', 'a'))!;
        await store.release('fold', 'b');
        expect((await store.leases()).get('fold')?.holder).toBe('a');
        await store.release('fold', 'a');
        expect(await store.leases()).toEqual(new Map());
        expect((await store.lease('fold', 'b'))!.token).toBeGreaterThan(first.token);
      });

      it('are not kept for a holder without a heartbeat', async () => {
        const first = (await store.lease('fold', 'a'))!;
        expect(await store.leases()).toEqual(new Map());
        expect((await store.lease('fold', 'b'))!.token).toBeGreaterThan(first.token);
      });

      it('are granted to one of many concurrent callers, also when a heartbeat has just ended', async () => {
        const holders = Array.from({ length: 12 }, (_, index) => `h${index}`);
        await begun('before', ...holders);
        for (const lease of ['new', 'left']) {
          if (lease === 'left') {
            await store.lease(lease, 'before');
            const ended = await Promise.all(holders.map(() => store.endHeartbeat('before', 1)));
            expect(ended.filter(Boolean)).toHaveLength(1);
          }
          const fences = await Promise.all(holders.map((holder) => store.lease(lease, holder)));
          const winner = (await store.leases()).get(lease)?.holder;
          expect(fences.flatMap((fence, index) => (fence ? [holders[index]] : []))).toEqual([winner]);
        }
      });

      it('continue a heartbeat that was already begun', async () => {
        await begun('a');
        expect(await store.renewLeases('a', true)).toBe(2); // the first answer was lost
      });
    });

    describe('generations', () => {
      const next: Collection = { ...deals, name: 'deals-v1-g2' };

      it('exist beside each other, and one of them is active', async () => {
        await save({ a: { stage: 'won' } });
        await save({ a: { stage: 'lost' } }, 1, next);
        expect(await store.active('deals')).toBeUndefined();
        expect(await store.actives()).toEqual(new Map());
        await store.activate('deals', deals.name);
        await store.activate('deals', next.name);
        expect(await store.active('deals')).toBe(next.name);
        expect((await one('a'))!.doc.stage).toBe('won');
        expect((await store.find(next)).map(({ doc }) => doc.stage)).toEqual(['lost']);
        expect(await store.generations()).toEqual([deals.name, next.name]);
      });

      it('are dropped with documents, checkpoint and parked sequences', async () => {
        await save({ a: { stage: 'won' } }, 3);
        await save({ b: {} }, 2, next);
        const waiting = { sequence: 'a', position: at(2), eventId: 'e', code: 'c', message: 'm' };
        const parked = [{ ...waiting, follower: deals.name }];
        await store.commit({ follower: deals.name, checkpoint: reached(3), fence: FENCE, parked });
        await store.drop(deals.name);
        await store.drop(deals.name);
        expect(await store.generations()).toEqual([next.name]);
        expect(await store.checkpoint(deals.name)).toBeUndefined();
        expect(await store.parked()).toEqual([]);
        expect(await store.count(deals)).toBe(0);
        expect(await store.count(next)).toBe(1);
      });

      it('stay dropped, also when another process still writes to them', async () => {
        await save({ a: { stage: 'won' } }, 3);
        await store.drop(deals.name);
        await store.drop('absent-v1');
        const late = { follower: deals.name, checkpoint: reached(4), fence: FENCE };
        const refused = { code: 'documents/generation-dropped' };
        await expect(save({ a: { stage: 'late' } }, 4)).rejects.toMatchObject(refused);
        await expect(store.commit(late)).rejects.toMatchObject(refused);
        await expect(
          store.commit({ ...late, writes: { collection: deals, documents: [] }, follower: 'fold' }),
        ).rejects.toBeInstanceOf(Conflict);
        await expect(store.prepare(deals)).rejects.toMatchObject(refused);
        await expect(store.prepare({ ...deals, name: 'absent-v1' })).rejects.toMatchObject(refused);
        expect(await store.generations()).toEqual([]);
        expect(await store.count(deals)).toBe(0);
        expect(await store.checkpoint(deals.name)).toBeUndefined();
        await save({ a: { stage: 'won' } }, 1, next);
        expect(await store.generations()).toEqual([next.name]);
      });

      it('read as empty when they do not exist', async () => {
        const absent = { ...deals, name: 'absent-v1-g1' };
        expect((await store.getMany(absent, ['a'])).size).toBe(0);
        expect(await store.find(absent, { where: { stage: { eq: 'won' } } })).toEqual([]);
        expect(await store.count(absent)).toBe(0);
        expect(await store.aggregate(absent, { by: [], measures: { n: 'count' } })).toEqual([
          { keys: [], values: { n: 0 } },
        ]);
      });

      it('can be prepared again, but not with other columns or an invalid name', async () => {
        await save({ a: { stage: 'won' } });
        await store.prepare(deals);
        expect(await store.count(deals)).toBe(1);
        await expect(store.prepare({ ...deals, columns: { stage: 'text' } })).rejects.toMatchObject({
          code: 'documents/columns-changed',
        });
        const bad: readonly Collection[] = [
          { name: 'x"; DROP TABLE leases; --', columns: {} },
          { name: 'ok', columns: { 'a.b': 'text' } },
          { name: 'ok', columns: { $a: 'text' } },
        ];
        for (const one of bad)
          await expect(store.prepare(one)).rejects.toMatchObject({ code: 'documents/bad-collection' });
      });
    });
  });
