import fc from 'fast-check';
import type { Collection } from '@baton/kernel';
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
const packerOn = (store: Store, of: Collection = collection) =>
  new DocumentPacker(of, {
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
        const packed = all.map((doc, index) => (index % 2 ? one : two).pack('d', doc, columnsOf(doc).values));
        for (const [index, doc] of all.entries())
          expect(reader.unpack('d', packed[index]!, columnsOf(doc).stored)).toEqual(JSON.parse(JSON.stringify(doc)));
      }),
    ));

  it('keeps instants, UUIDs, positions and its own id short, and no text that only looks like one', () => {
    const day = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    const id = 'lead-ada/row-1';
    const instant = fc
      .oneof(
        day,
        day.map((ms) => ms - (ms % 1000)),
      )
      .map((ms) => new Date(ms).toISOString());
    const position = fc.bigInt({ min: 0n, max: 10n ** 16n - 1n }).map((number) => String(number).padStart(16, '0'));
    const known = fc.oneof(instant, fc.uuid(), position, fc.constantFrom(id, 'lead-ada', 'row-1'));
    const altered = fc
      .tuple(known, fc.nat(), fc.constantFrom('0', '9', 'A', ':', '-', 'T', 'Z', ' ', 'é', ''))
      .map(([text, place, by]) => {
        const at = place % text.length;
        return text.slice(0, at) + by + text.slice(at + 1);
      });
    const odd = fc.constantFrom(
      ...[
        '2024-02-30T00:00:00.000Z',
        '2023-02-29T00:00:00.000Z',
        '2024-01-01T24:00:00.000Z',
        '2024-13-01T00:00:00.000Z',
      ],
      ...[
        '2024-01-01T00:60:00.000Z',
        '2024-01-01T00:00:60.000Z',
        '2024-01-00T00:00:00.000Z',
        '-024-01-01T00:00:00.000Z',
      ],
      ...['0CC41102-3406-5f59-8230-d5b0fbd7f08f', '9007199254740993', '9999999999999999', '+024-01-01T00:00:00.000Z'],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(known, altered, odd), { maxLength: 20 }), (texts) => {
        const packer = packerOn(shapesIn());
        const doc = { title: texts, facts: { all: texts } };
        expect(packer.unpack(id, packer.pack(id, doc, columnsOf({}).values), [])).toEqual(doc);
      }),
      { numRuns: 500 },
    );
    const bytesOf = (text: string) => packerOn(shapesIn()).pack(id, { title: [text] }, columnsOf({}).values).length;
    const none = bytesOf('');
    expect(bytesOf(id) - none).toBe(3);
    expect(bytesOf('2024-01-01T10:00:00.000Z') - none).toBe(7);
    expect(bytesOf('0cc41102-3406-5f59-8230-d5b0fbd7f08f') - none).toBe(17);
    expect(bytesOf('0000000000000042') - none).toBe(3);
  });

  it('names its fields once for all documents, and keeps no value that a column has', () => {
    const store = shapesIn();
    const packer = packerOn(store);
    const doc = { stage: 'negotiation', amount: 5, title: 'First' };
    packer.pack('d', doc, columnsOf(doc).values);
    const bytes = Buffer.from(packer.pack('d', doc, columnsOf(doc).values)).toString('latin1');
    expect(bytes).toContain('First');
    expect(bytes).not.toMatch(/stage|title|negotiation/);
    expect(store.load()).toEqual([['stage', 'amount', 'title']]);
  });

  it('keeps the tokens of a sealed value, and a list that is found by its texts, in their columns alone', () => {
    const tokenColumns = { name: 'people-v1', columns: { stage: 'text', name: 'tokens', tags: 'tokens' } } as const;
    const packer = packerOn(shapesIn(), tokenColumns);
    const sealed = { $sealed: 'c2VhbGVk', subject: 'ada', tokens: ['token-1', 'token-2'] };
    for (const [doc, name, tags] of [
      [{ stage: 'lead', name: sealed, tags: ['tag-1'] }, ['token-1', 'token-2'], ['tag-1']],
      [{ stage: null, name: { ...sealed, tokens: [] }, tags: [] }, [], []],
      [{ stage: 'lead', name: null, tags: ['tag-1', 'tag-2'], other: 1 }, [], ['tag-1', 'tag-2']],
      [{ stage: 'lead' }, [], []],
    ] as const) {
      const packed = packer.pack('ada', doc, { stage: doc.stage, name, tags });
      expect(Buffer.from(packed).toString('latin1')).not.toMatch(/token-|tag-/);
      expect(packer.unpack('ada', packed, [doc.stage, name, tags])).toEqual(doc);
      const asText = [doc.stage, JSON.stringify(name), JSON.stringify(tags)];
      expect(packer.unpack('ada', packed, asText)).toEqual(doc);
      const part = packer.part(['name', 'stage']);
      const { name: shown, stage } = packer.unpackPart(part, 'ada', packed, [asText[1]!, doc.stage], 0);
      expect({ shown, stage }).toEqual({ shown: 'name' in doc ? doc.name : undefined, stage: doc.stage });
    }
    const none = packer.pack('ada', { stage: 'lead' }, { stage: 'lead', name: [], tags: [] });
    expect(packer.unpack('ada', none, ['lead', '["token-1"]', '[]'])).not.toEqual({ stage: 'lead' });
    const damaged = packer.pack('ada', { name: sealed }, { stage: null, name: sealed.tokens, tags: [] });
    expect(() => packer.unpack('ada', damaged, [null, '["token', '[]'])).toThrow(
      expect.objectContaining({ code: 'read/documents-differ' }),
    );
  });

  it('keeps its fields where more shapes occur than are shared', () => {
    const packer = packerOn(shapesIn());
    const shape = (n: number) =>
      Object.fromEntries(
        Array.from({ length: 9 }, (_, bit) => [`f${bit}`, n >> bit]).filter(([, on]) => Number(on) % 2),
      );
    const all = Array.from({ length: 512 }, (_, n) => ({ title: shape(n) }));
    const packed = all.map((doc) => packer.pack('d', doc, columnsOf(doc).values));
    expect(packed.map((bytes) => packer.unpack('d', bytes, [null, null, null]))).toEqual(all);
  });

  it('leaves out what is undefined, and keeps fields that data names', () => {
    const packer = packerOn(shapesIn());
    const doc = JSON.parse('{"title":{"__proto__":1,"2024-01":2}}') as object;
    expect(packer.unpack('d', packer.pack('d', doc, columnsOf(doc).values), [])).toEqual(doc);
    const sparse = { title: 'a', owner: undefined };
    expect(Object.keys(packer.unpack('d', packer.pack('d', sparse, columnsOf(sparse).values), []))).toEqual(['title']);
  });

  it('that was altered is not read', () => {
    const packer = packerOn(shapesIn());
    const packed = packer.pack('d', { title: 'First' }, columnsOf({}).values) as Uint8Array;
    for (const bytes of [packed.subarray(0, -1), Buffer.from([0x7f, 1]), '{"title":'])
      expect(() => packer.unpack('deal-1', bytes, [])).toThrow(
        expect.objectContaining({ code: 'read/documents-differ', path: 'deal-1' }),
      );
  });
});
