import fc from 'fast-check';
import { pack, unpack } from './index-runs';

describe('a block of entries', () => {
  it('gives back each entry as it was: what it has, what it lacks, and null for null', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record(
            {
              position: fc.string({ minLength: 1 }),
              actor: fc.constantFrom('ann', 'bob'),
              states: fc.array(fc.constantFrom('lead.name', 'lead.owner'), { maxLength: 2 }),
              rule: fc.constantFrom(null, { definition: 'mql@1' }),
            },
            { requiredKeys: ['position'] },
          ),
          { maxLength: 12 },
        ),
        fc.boolean(),
        (entries, lines) => expect(unpack(pack(entries, { lines }))).toEqual(entries),
      ),
    ));

  it('names a value that recurs once, and one of each its own in their order', () => {
    const entries = ['1', '2', '3', '4'].map((position) => ({ position, actor: 'ann' }));
    expect(pack(entries).fields).toEqual({
      position: { values: ['1', '2', '3', '4'] },
      actor: { values: ['ann'] },
    });
    expect(pack(entries, { lines: true }).fields['position']).toEqual({ lines: '1\n2\n3\n4' });
    const twoLines = ['1', '2\n3'].map((position) => ({ position }));
    expect(pack(twoLines, { lines: true }).fields['position']).toEqual({ values: ['1', '2\n3'] });
    const actors = ['ann', 'ann', 'bob', 'bob'].map((actor) => ({ actor }));
    expect(pack(actors).fields).toEqual({ actor: { values: ['ann', 'bob'], at: [0, 0, 1, 1] } });
  });
});
