import fc from 'fast-check';
import { columnValuesOf } from './columns';
import { DocumentPacker, type Shapes } from './packing';

const collection = { name: 'deals-v1', columns: { stage: 'text', amount: 'integer', open: 'flag' } } as const;
const shapesIn = (kept: { shapes?: string } = {}) => ({
  kept,
  load: () => (kept.shapes === undefined ? undefined : (JSON.parse(kept.shapes) as Shapes)),
  save(shapes: Shapes, isNext: (saved: Shapes | undefined) => boolean) {
    if (!isNext(this.load())) return false;
    kept.shapes = JSON.stringify(shapes);
    return true;
  },
});
type Store = ReturnType<typeof shapesIn>;
const packerOn = (store: Store) =>
  new DocumentPacker(collection, {
    load: () => store.load(),
    save: (...saved) => store.save(...saved),
  });
const columnsOf = (doc: object) => {
  const values = columnValuesOf(collection, { id: 'd', doc, position: '1' });
  return { values, stored: ['stage', 'amount', 'open'].map((name) => sqlOf(values[name])) };
};
const sqlOf = (value: unknown) => (typeof value === 'boolean' ? Number(value) : (value as string | number | null));

const inner = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
  fc.array(fc.record({ at: fc.string(), by: fc.string() }, { requiredKeys: ['at'] }), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.integer(), { maxKeys: 3 }),
);
const documents = fc.record(
  {
    ...{ stage: fc.option(fc.string()), amount: fc.option(fc.integer()), open: fc.option(fc.boolean()) },
    ...{ title: inner, history: inner, facts: inner, owner: inner },
  },
  { requiredKeys: ['title'] },
);

describe('a packed document', () => {
  it('is read as it was written, by whoever shares the shapes', () =>
    fc.assert(
      fc.property(fc.array(documents, { minLength: 1, maxLength: 20 }), (all) => {
        const store = shapesIn();
        const [one, two, reader] = [packerOn(store), packerOn(store), packerOn(store)];
        const packed = all.map((doc, index) => (index % 2 ? one : two).pack(doc, columnsOf(doc).values));
        for (const [index, doc] of all.entries())
          expect(reader.unpack('d', packed[index]!, columnsOf(doc).stored)).toEqual(JSON.parse(JSON.stringify(doc)));
      }),
    ));

  it('names its fields once for all documents, and keeps no value that a column has', () => {
    const store = shapesIn();
    const packer = packerOn(store);
    const doc = { stage: 'negotiation', amount: 5, title: 'First' };
    packer.pack(doc, columnsOf(doc).values);
    const bytes = Buffer.from(packer.pack(doc, columnsOf(doc).values)).toString('latin1');
    expect(bytes).toContain('First');
    expect(bytes).not.toMatch(/stage|title|negotiation/);
    expect(store.load()).toEqual([['stage', 'amount', 'title']]);
  });

  it('keeps its fields where more shapes occur than are shared', () => {
    const packer = packerOn(shapesIn());
    const shape = (n: number) =>
      Object.fromEntries(
        Array.from({ length: 9 }, (_, bit) => [`f${bit}`, n >> bit]).filter(([, on]) => Number(on) % 2),
      );
    const all = Array.from({ length: 512 }, (_, n) => ({ title: shape(n) }));
    const packed = all.map((doc) => packer.pack(doc, columnsOf(doc).values));
    expect(packed.map((bytes) => packer.unpack('d', bytes, [null, null, null]))).toEqual(all);
  });

  it('leaves out what is undefined, and keeps fields that data names', () => {
    const packer = packerOn(shapesIn());
    const doc = JSON.parse('{"title":{"__proto__":1,"2024-01":2}}') as object;
    expect(packer.unpack('d', packer.pack(doc, columnsOf(doc).values), [])).toEqual(doc);
    const sparse = { title: 'a', owner: undefined };
    expect(Object.keys(packer.unpack('d', packer.pack(sparse, columnsOf(sparse).values), []))).toEqual(['title']);
  });

  it('that was altered is not read', () => {
    const packer = packerOn(shapesIn());
    const packed = packer.pack({ title: 'First' }, columnsOf({}).values) as Uint8Array;
    for (const bytes of [packed.subarray(0, -1), Buffer.from([0x7f, 1]), '{"title":'])
      expect(() => packer.unpack('deal-1', bytes, [])).toThrow(
        expect.objectContaining({ code: 'read/documents-differ', path: 'deal-1' }),
      );
  });
});
