import { filtersOf } from './filters';

describe('the filters of a report', () => {
  const fields = ['owner', 'product'] as const;
  it('equal those of GraphQL', () => {
    expect(filtersOf({}, fields)).toEqual({});
    expect(filtersOf({ filter: { owner: ['ann', 'bob'] }, none: ['product'] }, fields)).toEqual({
      owner: { in: ['ann', 'bob'], none: false },
      product: { none: true },
    });
    expect(filtersOf({ filter: { owner: ['ann'] }, none: ['owner'] }, fields)).toEqual({
      owner: { in: ['ann'], none: true },
    });
  });
  it.each([{ filter: { rep: ['ann'] } }, { none: ['toString'] }])(
    'are refused for a field that the report does not have: %j',
    (options) => {
      expect(() => filtersOf(options, fields)).toThrow('its filters are: owner, product.');
      expect(() => filtersOf(options, [])).toThrow('its filters are: none.');
    },
  );
});
