import fc from 'fast-check';
import { conditionOf, conditionsOf, passesFilter, type ValueFilter } from '.';

describe('a filter on what a row can be without', () => {
  it.each<[string | ValueFilter | undefined, unknown]>([
    [undefined, undefined],
    [{}, undefined],
    [{ none: false }, { ne: null }],
    [
      { notIn: ['ann'], startsWith: 'a' },
      { notIn: ['ann'], prefix: 'a' },
    ],
    ['ann', { eq: 'ann' }],
    [{ in: ['ann', 'bob'] }, { in: ['ann', 'bob'] }],
    [{ in: [] }, { in: [] }],
    [{ none: true }, { eq: null }],
    [
      { in: ['ann'], none: true },
      { in: ['ann'], orNull: true },
    ],
  ])('%j asks for %j', (wanted, condition) => expect(conditionOf(wanted)).toEqual(condition));
  it('restricts no column that it leaves out', () =>
    expect(conditionsOf({ owner: { none: true }, product: {}, source: undefined, stage: 'demo' })).toEqual({
      owner: { eq: null },
      stage: { eq: 'demo' },
    }));
  it('parts the rows into those of each value and those of none', () => {
    const value = fc.constantFrom('ann', 'bob', '', null, undefined);
    fc.assert(
      fc.property(fc.array(value), (rows) => {
        const keys = [...new Set(rows.map((one) => one ?? null))];
        const opened = keys.flatMap((key) =>
          rows.filter((one) => passesFilter(key === null ? { none: true } : { in: [key] }, one)),
        );
        expect(opened).toHaveLength(rows.length);
        expect(rows.filter((one) => passesFilter({}, one))).toEqual(rows);
      }),
    );
  });
});
