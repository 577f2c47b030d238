import fc from 'fast-check';
import { Refused } from '..';
import type { Aggregation, Collection, Condition, Document, Documents, FindOptions, Order, Scalar, Where } from '..';

/** The read model of the suite. */
export const deals: Collection = {
  name: 'deals-v1-g1',
  columns: { stage: 'text', amount: 'integer', score: 'real', open: 'flag', closedAt: 'text' },
};

/** Commits documents by id, all at one position (1 by default). */
export type Save = (
  docs: Readonly<Record<string, object>>,
  position?: number,
  collection?: Collection,
  fresh?: boolean,
) => Promise<void>;

/** The part of the `Documents` contract about queries; `current` is the store of the running test. */
export const documentsQueries = (current: () => Documents, save: Save): void => {
  let store: Documents;
  beforeEach(() => {
    store = current();
  });
  const ids = async (find?: FindOptions) => (await store.find(deals, find)).map(({ id }) => id);

  describe('conditions', () => {
    beforeEach(() =>
      save({
        a: { stage: 'won', amount: 10, score: 0.5, open: false },
        b: { stage: 'lost', amount: 20, score: 1, open: false },
        c: { stage: 'proposal', amount: -5, open: true },
        d: { stage: null, amount: null, score: 2.25, open: null },
        e: {},
        f: { stage: 'prop', amount: 20, open: true },
        g: { stage: '10%_x', amount: 0 },
      }),
    );
    const cases: readonly (readonly [string, Condition, string])[] = [
      ['stage', { eq: 'won' }, 'a'],
      ['stage', { eq: 'WON' }, ''],
      ['stage', { eq: null }, 'de'],
      ['stage', { ne: 'won' }, 'bcdefg'],
      ['stage', { ne: null }, 'abcfg'],
      ['stage', { in: ['won', 'lost', 'absent'] }, 'ab'],
      ['stage', { in: ['won', null] }, 'ade'],
      ['stage', { in: [] }, ''],
      ['stage', { notIn: ['won', 'absent'] }, 'bcdefg'],
      ['stage', { notIn: ['won', null] }, 'bcfg'],
      ['stage', { notIn: [] }, 'abcdefg'],
      ['stage', { in: ['won'], orNull: true }, 'ade'],
      ['stage', { prefix: 'prop' }, 'cf'],
      ['stage', { prefix: 'prop', ne: 'prop' }, 'c'],
      ['stage', { prefix: '10%_' }, 'g'],
      ['stage', { prefix: '%' }, ''],
      ['stage', { prefix: '' }, 'abcfg'],
      ['stage', { gt: 'prop' }, 'ac'],
      ['stage', { eq: undefined }, 'abcdefg'],
      ['amount', { eq: 20 }, 'bf'],
      ['amount', { gt: 10 }, 'bf'],
      ['amount', { gte: 10 }, 'abf'],
      ['amount', { lt: 10 }, 'cg'],
      ['amount', { lte: 10 }, 'acg'],
      ['amount', { gte: 0, lt: 20 }, 'ag'],
      ['amount', { lt: null }, ''],
      ['amount', { gte: null }, ''],
      ['amount', { in: [10, -5] }, 'ac'],
      ['score', { eq: 1 }, 'b'],
      ['score', { gt: 0.5 }, 'bd'],
      ['open', { eq: true }, 'cf'],
      ['open', { ne: true }, 'abdeg'],
      ['open', { in: [false] }, 'ab'],
      ['open', { notIn: [false] }, 'cdefg'],
      ['open', { gt: false }, 'cf'],
      ['id', { in: ['a', 'g', 'x'] }, 'ag'],
      ['id', { gt: 'e' }, 'fg'],
    ];
    it.each(cases)('%s %j', async (column, condition, expected) => {
      const where = { [column]: condition };
      expect((await ids({ where })).join('')).toBe(expected);
      expect(await store.count(deals, where)).toBe(expected.length);
      const groups = await store.aggregate(deals, { where, by: [], measures: { n: 'count' } });
      expect(groups).toEqual([{ keys: [], values: { n: expected.length } }]);
    });

    it('compares with thousands of values', async () => {
      const many = Array.from({ length: 5_000 }, (_, number) => `x${number}`);
      expect(await ids({ where: { stage: { notIn: ['won', ...many] } } })).toHaveLength(6);
      expect(await ids({ where: { stage: { in: ['won', ...many] } } })).toEqual(['a']);
    });

    it('must all hold', async () => {
      expect(await ids({ where: { open: { eq: true }, amount: { gt: 0 } } })).toEqual(['f']);
    });

    const refused: readonly (readonly [string, object, string])[] = [
      ['an unknown column', { where: { nope: { eq: 1 } } }, 'documents/unknown-column'],
      ['an inherited name', { where: { toString: { eq: 1 } } }, 'documents/unknown-column'],
      ['SQL', { where: { 'id" OR 1=1 --': { eq: 1 } } }, 'documents/unknown-column'],
      ['an operator', { where: { $where: { eq: 'sleep(1)' } } }, 'documents/unknown-column'],
      ['SQL as an order', { orderBy: [{ column: 'id; DROP TABLE x' }] }, 'documents/unknown-column'],
      ['an object for a value', { where: { stage: { eq: { $gt: '' } } } }, 'documents/wrong-type'],
      ['a value of another type', { where: { amount: { gt: '5' } } }, 'documents/wrong-type'],
      ['a prefix of a number', { where: { amount: { prefix: 1 } } }, 'documents/wrong-type'],
      ['an unknown condition', { where: { stage: { $regex: 'x' } } }, 'documents/unknown-condition'],
      ['half a row', { limit: 0.5 }, 'documents/bad-limit'],
      ['a short cursor', { orderBy: [{ column: 'stage' }], after: { values: [], id: 'a' } }, 'documents/bad-cursor'],
      ['a foreign cursor', { orderBy: [{ column: 'stage' }], after: { values: [5], id: 'a' } }, 'documents/bad-cursor'],
    ];
    it.each(refused)('refuses %s', async (_, find, code) => {
      const thrown = await store.find(deals, find as FindOptions).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(Refused);
      expect(thrown).toMatchObject({ code });
    });
    it('refuses unknown columns in groups and measures too', async () => {
      const code = { code: 'documents/unknown-column' };
      await expect(store.count(deals, { nope: {} })).rejects.toMatchObject(code);
      await expect(store.aggregate(deals, { by: ['nope'], measures: {} })).rejects.toMatchObject(code);
      await expect(store.aggregate(deals, { by: [], measures: { x: { sum: 'nope' } } })).rejects.toMatchObject(code);
      await expect(store.aggregate(deals, { by: [], measures: { x: { sum: 'stage' } } })).rejects.toMatchObject({
        code: 'documents/wrong-type',
      });
    });
  });

  it('gives the fields that are needed, of columns and of the rest', async () => {
    const whole = {
      a: { stage: 'won', amount: 10, score: 0.5, open: false, note: { text: 'x' }, tags: ['p'] },
      b: { stage: null, amount: 0, open: true, note: '' },
      c: {},
    };
    await save(whole);
    for (const fields of [[], ['stage'], ['open', 'amount'], ['note'], ['open', 'note', 'tags', 'score'], ['absent']]) {
      const found = await store.find(deals, { fields, orderBy: [{ column: 'stage' }] });
      const shown = found.map(({ id, position, doc }) => [id, position, ...fields.map((name) => doc[name] ?? null)]);
      const position = found[0]!.position;
      const expected = (['b', 'c', 'a'] as const).map((id) => [
        ...[id, position],
        ...fields.map((name) => (whole[id] as Record<string, unknown>)[name] ?? null),
      ]);
      expect(shown).toEqual(expected);
    }
  });

  describe('columns of instants', () => {
    const visits: Collection = { name: 'visits-v1-g1', columns: { at: 'instant', left: 'instant' } };
    const known = ['2024-01-01T00:00:00.000Z', '2024-01-01T00:00:00.001Z', '2023-12-31T23:59:59.999Z'];
    const all = [...known, '1969-07-20T20:17:40.000Z', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', ''];
    const docs: Readonly<Record<string, { readonly at: string | null; readonly left: string | null }>> =
      Object.fromEntries([...all, null].map((at, n) => [`v${n}`, { at, left: all[n + 1] ?? null }]));
    const texts = [
      ...[...all, '2024', '2024-01-01', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000', '2024-01-01T00:00:00.000Zx'],
      ...['0', '-', 'x', 'é', '9999-12-31T23:59:59.999ZZ', '2024-02-30T00:00:00.000Z'],
    ];
    const order = (at: string | null): string => (at === null ? '' : ` ${at}`);
    const idsWhere = (holds: (at: string | null) => boolean) => Object.keys(docs).filter((id) => holds(docs[id]!.at));
    beforeEach(() => save(docs, 1, visits));

    it('are compared with any text as texts', async () => {
      const found = async (condition: Condition) =>
        (await store.find(visits, { where: { at: condition } })).map(({ id }) => id);
      for (const text of texts) {
        const holds: Readonly<Record<string, (at: string) => boolean>> = {
          ...{ gt: (at: string) => at > text, gte: (at: string) => at >= text },
          ...{ lt: (at: string) => at < text, lte: (at: string) => at <= text, eq: (at: string) => at === text },
          ...{ in: (at: string) => [text, known[0]].includes(at), prefix: (at: string) => at.startsWith(text) },
        };
        for (const [kind, isWanted] of Object.entries(holds)) {
          const value = kind === 'in' ? [text, known[0]] : text;
          const expected = idsWhere((at) => at !== null && isWanted(at));
          expect({ text, kind, ids: await found({ [kind]: value }) }).toEqual({ text, kind, ids: expected });
        }
        expect({ text, ids: await found({ ne: text }) }).toEqual({ text, ids: idsWhere((at) => at !== text) });
        expect({ text, ids: await found({ notIn: [text] }) }).toEqual({ text, ids: idsWhere((at) => at !== text) });
      }
    });

    it('are read, sorted and continued as they were written', async () => {
      const sorted = Object.keys(docs).sort((a, b) => (order(docs[a]!.at) < order(docs[b]!.at) ? -1 : 1));
      for (const descending of [false, true]) {
        const seen: string[] = [];
        let after: FindOptions['after'];
        for (;;) {
          const find = { orderBy: [{ column: 'at', descending }], limit: 2, ...(after && { after }) };
          const page = await store.find(visits, find);
          for (const { id, doc } of page) {
            expect([id, doc]).toEqual([id, docs[id]]);
            seen.push(id);
          }
          if (page.length < 2) break;
          after = { values: [page[1]!.doc['at'] ?? null], id: page[1]!.id };
        }
        expect(seen).toEqual(descending ? sorted.toReversed() : sorted);
      }
      const [part] = await store.find(visits, { where: { id: { eq: 'v6' } }, fields: ['at', 'left'] });
      expect(part!.doc).toEqual(docs['v6']);
    });

    it('are grouped and measured as they were written', async () => {
      const measures = { first: { min: 'at' }, last: { max: 'at' }, all: 'count' } as const;
      expect(await store.aggregate(visits, { by: [], measures })).toEqual([
        { keys: [], values: { first: '', last: '9999-12-31T23:59:59.999Z', all: 8 } },
      ]);
      const groups = await store.aggregate(visits, { by: ['at'], measures: {} });
      expect(groups.map(({ keys: [at] }) => at)).toEqual([null, ...all.toSorted()]);
      const edges = ['2023-12-31T23:59:59.999Z', '2024-01-01', '2024-01-01T00:00:00.001Z'];
      const buckets = await store.aggregate(visits, { by: [{ column: 'at', edges }], measures: { all: 'count' } });
      expect(buckets.map(({ keys, values }) => [keys[0], values['all']])).toEqual([
        [null, 6],
        [edges[0], 1],
        [edges[1], 1],
      ]);
    });

    it('hold nothing else', async () => {
      for (const at of ['2024', '2024-01-01T00:00:00Z', '2024-02-30T00:00:00.000Z', 5])
        await expect(save({ x: { at } }, 2, visits)).rejects.toMatchObject({ code: 'documents/wrong-type' });
    });
  });

  describe('columns of tokens', () => {
    const people: Collection = { name: 'people-v1-g1', columns: { stage: 'text', name: 'tokens', email: 'tokens' } };
    const sealed = (...tokens: string[]) => ({ $sealed: 'v1.', subject: 'ada', context: 'x', tokens });
    const found = async (...has: string[][]) => {
      const where = { name: { has } };
      const rows = await store.find(people, { where });
      expect(await store.count(people, where)).toBe(rows.length);
      return rows.map(({ id }) => id).join('');
    };
    beforeEach(() =>
      save(
        {
          a: { stage: 'won', name: sealed('t1', 't2'), email: sealed('t9') },
          b: { stage: 'won', name: sealed('t2', 't3') },
          c: { name: { $sealed: 'v1.', subject: 'ada', context: 'x' } },
          d: {},
        },
        1,
        people,
      ),
    );

    it('find what has one token of each list, in that column', async () => {
      expect(await found(['t2'])).toBe('ab');
      expect(await found(['t1'], ['t2'])).toBe('a');
      expect(await found(['t1', 't3'])).toBe('ab');
      const [elsewhere, part, capital] = [await found(['t9']), await found(['t']), await found(['T1'])];
      expect([elsewhere, part, capital, await found([]), await found()]).toEqual(['', '', '', '', 'abcd']);
      const won = await store.find(people, { where: { name: { has: [['t2']] }, stage: { eq: 'won' } }, limit: 1 });
      expect(won.map(({ id }) => id)).toEqual(['a']);
    });

    it('are those of the present document: removed tokens no longer find it', async () => {
      await save({ a: { name: sealed('t3') }, b: {} }, 2, people);
      expect(await store.differingColumns(people, 5)).toEqual([]);
      expect([await found(['t1']), await found(['t2']), await found(['t3'])]).toEqual(['', '', 'a']);
      await save({ a: { name: sealed('t1') } }, 1, people); // late: the stored one is newer
      expect([await found(['t1']), await found(['t3'])]).toEqual(['', 'a']);
    });

    it('do not change the returned documents, and are dropped with their generation', async () => {
      const kept = (await store.getMany(people, ['a'])).get('a')!.doc as { readonly name: object };
      expect(kept.name).toEqual(sealed('t1', 't2'));
      await store.drop(people.name);
      expect(await found(['t2'])).toBe('');
    });

    it('hold lists of texts too, found by each', async () => {
      await save({ e: { name: ['t1', 'Not sealed'] }, f: { name: [] } }, 1, people);
      expect([await found(['Not sealed']), await found(['t1']), await found(['t'])]).toEqual(['e', 'ae', '']);
      await save({ e: { name: ['t9'] } }, 2, people);
      expect([await found(['t1']), await found(['t9'])]).toEqual(['a', 'e']);
    });

    it('accept only sealed values, and cannot be compared, sorted, grouped or measured', async () => {
      const wrong = { code: 'documents/wrong-type' };
      for (const name of ['Ada', ['t1', 2]])
        await expect(save({ e: { name } }, 1, people)).rejects.toMatchObject(wrong);
      for (const condition of [{ eq: 't1' }, { prefix: 't' }, { in: ['t1'] }, { gt: 't' }])
        await expect(store.find(people, { where: { name: condition } })).rejects.toMatchObject(wrong);
      await expect(store.find(people, { where: { stage: { has: [['won']] } } })).rejects.toMatchObject(wrong);
      await expect(store.find(people, { orderBy: [{ column: 'name' }] })).rejects.toMatchObject(wrong);
      await expect(store.aggregate(people, { by: ['name'], measures: {} })).rejects.toMatchObject(wrong);
      await expect(store.aggregate(people, { by: [], measures: { x: { min: 'name' } } })).rejects.toMatchObject(wrong);
    });
  });

  describe('order and pages', () => {
    it('puts null and missing first ascending and last descending, ties by id in the last direction', async () => {
      await save({ a: { amount: 2 }, b: {}, c: { amount: 1 }, d: { amount: null }, e: { amount: 2 } });
      expect((await ids({ orderBy: [{ column: 'amount' }] })).join('')).toBe('bdcae');
      expect((await ids({ orderBy: [{ column: 'amount', descending: true }] })).join('')).toBe('eacdb');
    });

    it('sorts text by code points, capitals first', async () => {
      await save({
        a: { stage: 'é' },
        b: { stage: '💶' },
        c: { stage: 'Z' },
        d: { stage: '\uffee' },
        e: { stage: 'a' },
      });
      expect((await ids({ orderBy: [{ column: 'stage' }] })).join('')).toBe('ceadb');
    });

    it('returns a hundred documents by default, none for a limit of 0', async () => {
      await save(Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`d${String(i).padStart(3, '0')}`, {}])));
      expect(await ids()).toHaveLength(100);
      expect(await ids({ limit: 120 })).toHaveLength(120);
      expect(await ids({ limit: 0 })).toEqual([]);
      expect((await ids({ limit: 1, after: { values: [], id: 'd118' } }))[0]).toBe('d119');
    });

    it('visits each document exactly once, in order, over any ties, nulls, directions and page sizes', async () => {
      const doc = fc.record({
        stage: fc.constantFrom(null, 'a', 'b', 'B', 'ä'),
        amount: fc.constantFrom(null, -1, 0, 1),
        score: fc.constantFrom(null, 0.5, 2),
        open: fc.constantFrom(null, false, true),
      });
      const order = fc.uniqueArray(
        fc.record({ column: fc.constantFrom('stage', 'amount', 'score', 'open'), descending: fc.boolean() }),
        { selector: ({ column }) => column, maxLength: 3 },
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(doc, { maxLength: 25 }),
          order,
          fc.integer({ min: 1, max: 7 }),
          async (docs, orderBy, limit) => {
            const collection = { ...deals, name: `pages-v1-g${++run}` };
            const all = Object.fromEntries(docs.map((one, i) => [`d${String(i).padStart(2, '0')}`, one]));
            await save(all, 1, collection);
            const seen: string[] = [];
            for (let after: FindOptions['after']; ;) {
              const page: readonly Document[] = await store.find(collection, { orderBy, limit, after });
              seen.push(...page.map(({ id }) => id));
              const last = page.at(-1);
              if (!last) break;
              after = { values: orderBy.map(({ column }) => last.doc[column]), id: last.id };
            }
            expect(seen).toEqual(sortedIds(all, orderBy));
          },
        ),
        { numRuns: 40 },
      );
    });
  });

  describe('aggregates', () => {
    beforeEach(() =>
      save({
        a: { stage: 'won', amount: 10, score: 0.5, open: false, closedAt: '2024-01-01T00:00:00.000Z' },
        b: { stage: 'won', amount: 30, score: 0.25, open: false, closedAt: '2024-01-31T23:59:59.999Z' },
        c: { stage: 'lost', amount: null, open: false, closedAt: '2024-02-01T00:00:00.000Z' },
        d: { stage: 'lost', open: true, closedAt: '2023-12-31T23:59:59.999Z' },
        e: { amount: 2, closedAt: '2024-03-01T00:00:00.000Z' },
        f: { stage: null, amount: -4, open: null, closedAt: null },
      }),
    );

    it('groups by columns, null and missing as one group, keys of their type', async () => {
      const measures = { n: 'count', sum: { sum: 'amount' }, min: { min: 'amount' }, max: { max: 'score' } } as const;
      expect(await store.aggregate(deals, { by: ['stage', 'open'], measures })).toEqual([
        { keys: [null, null], values: { n: 2, sum: -2, min: -4, max: null } },
        { keys: ['lost', false], values: { n: 1, sum: 0, min: null, max: null } },
        { keys: ['lost', true], values: { n: 1, sum: 0, min: null, max: null } },
        { keys: ['won', false], values: { n: 2, sum: 40, min: 10, max: 0.5 } },
      ]);
    });

    it('groups by the id, under conditions and among some ids', async () => {
      const where = { open: { eq: false }, id: [{ in: ['a', 'c', 'd', 'x'] }, { ne: 'c' }] };
      expect(await store.aggregate(deals, { where, by: ['id'], measures: {} })).toEqual([{ keys: ['a'], values: {} }]);
    });

    it('groups by edges: outside and null are the null group', async () => {
      const edges = ['2024-01-01T00:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'];
      const by = [{ column: 'closedAt', edges }];
      expect(await store.aggregate(deals, { by, measures: { n: 'count', sum: { sum: 'amount' } } })).toEqual([
        { keys: [null], values: { n: 3, sum: -2 } },
        { keys: [edges[0]], values: { n: 2, sum: 40 } },
        { keys: [edges[1]], values: { n: 1, sum: 0 } },
      ]);
      const two = await store.aggregate(deals, { by: ['stage', ...by], measures: { n: 'count' } });
      expect(two.map(({ keys, values }) => [...keys, values['n']])).toEqual([
        [null, null, 2],
        ['lost', null, 1],
        ['lost', edges[1], 1],
        ['won', edges[0], 2],
      ]);
      for (const few of [[], edges.slice(0, 1)])
        expect(
          await store.aggregate(deals, { by: [{ column: 'closedAt', edges: few }], measures: { n: 'count' } }),
        ).toEqual([{ keys: [null], values: { n: 6 } }]);
      await expect(
        store.aggregate(deals, { by: [{ column: 'closedAt', edges: [...edges].reverse() }], measures: {} }),
      ).rejects.toMatchObject({ code: 'documents/bad-edges' });
    });

    it('measures instants and reals with their types', async () => {
      const measures = { first: { min: 'closedAt' }, last: { max: 'closedAt' }, score: { sum: 'score' } };
      expect(await store.aggregate(deals, { by: [], measures })).toEqual([
        {
          keys: [],
          values: { first: '2023-12-31T23:59:59.999Z', last: '2024-03-01T00:00:00.000Z', score: 0.75 },
        },
      ]);
    });

    it('ignores null and missing values in minimum and maximum', async () => {
      await save(
        {
          a: { stage: 'won', amount: 3, score: -0.5, closedAt: '2024-01-01T00:00:00.000Z' },
          b: { stage: 'won', amount: null, score: 0.5 },
          c: { stage: 'won', closedAt: null },
          d: { stage: 'lost', amount: null, score: null },
          e: { stage: 'lost' },
          f: { stage: 'open', amount: 0, score: 0, closedAt: '' },
          g: { stage: 'open', amount: null, closedAt: null },
        },
        2,
      );
      const measures = {
        n: 'count',
        ...Object.fromEntries(
          ['amount', 'score', 'closedAt'].flatMap((column) => [
            [`least ${column}`, { min: column }],
            [`most ${column}`, { max: column }],
          ]),
        ),
      } as Aggregation['measures'];
      const values = (n: number, ...of: readonly Scalar[]) => ({
        n,
        ...Object.fromEntries(
          Object.keys(measures)
            .slice(1)
            .map((name, i) => [name, of[i]]),
        ),
      });
      const day = '2024-01-01T00:00:00.000Z';
      expect(await store.aggregate(deals, { by: ['stage'], measures })).toEqual([
        { keys: ['lost'], values: values(2, null, null, null, null, null, null) },
        { keys: ['open'], values: values(2, 0, 0, 0, 0, '', '') },
        { keys: ['won'], values: values(3, 3, 3, -0.5, 0.5, day, day) },
      ]);
      expect(await store.aggregate(deals, { by: [], measures })).toEqual([
        { keys: [], values: values(7, 0, 3, -0.5, 0.5, '', day) },
      ]);
    });

    it('returns one empty group without by, and no group with it, if nothing matches', async () => {
      const where = { stage: { eq: 'absent' } };
      const measures = { n: 'count', sum: { sum: 'amount' }, min: { min: 'amount' } } as const;
      expect(await store.aggregate(deals, { where, by: [], measures })).toEqual([
        { keys: [], values: { n: 0, sum: 0, min: null } },
      ]);
      expect(await store.aggregate(deals, { where, by: ['stage'], measures })).toEqual([]);
    });

    it('sums money beyond 32 bits exactly', async () => {
      await save({ a: { amount: 4_000_000_000_001 }, b: { amount: 2_147_483_647 }, c: { amount: 2 } }, 2);
      const [total] = await store.aggregate(deals, { by: [], measures: { sum: { sum: 'amount' } } });
      expect(total!.values['sum']).toBe(4_002_147_483_648);
    });

    it('sums money beyond 53 bits exactly, as the text of its digits', async () => {
      await save({ a: { amount: 9_007_199_254_740_991 }, b: { amount: 9_007_199_254_740_991 }, c: { amount: 3 } }, 2);
      await save({ e: { amount: null }, f: { amount: null } }, 2);
      const of = async (where: Where = {}) =>
        (await store.aggregate(deals, { where, by: [], measures: { sum: { sum: 'amount' } } }))[0]!.values['sum'];
      expect(await of()).toBe('18014398509481985');
      await save({ c: { amount: -9_007_199_254_740_991 }, d: { amount: null } }, 3);
      expect(await of()).toBe(9_007_199_254_740_991);
      await save({ b: { amount: -9_007_199_254_740_990 }, d: { amount: -134_217_729 } }, 4);
      expect(await of()).toBe('-9007199388958719');
    });
  });
};

/** The sort order of the port in plain JavaScript, for texts below U+FFFF. */
const sortedIds = (docs: Readonly<Record<string, object>>, orderBy: readonly Order[]): string[] => {
  const compare = (a: Scalar, b: Scalar) =>
    a === b ? 0 : a === null ? -1 : b === null ? 1 : (a as string) < (b as string) ? -1 : 1;
  const backwards = orderBy.at(-1)?.descending ?? false;
  return Object.keys(docs).sort((a, b) => {
    for (const { column, descending } of orderBy) {
      const [x, y] = [a, b].map((id) => (docs[id] as Record<string, Scalar>)[column]!);
      const compared = compare(x!, y!);
      if (compared !== 0) return descending ? -compared : compared;
    }
    return backwards ? compare(b, a) : compare(a, b);
  });
};
