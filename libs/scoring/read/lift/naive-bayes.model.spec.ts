import { probabilityToWin, type OutcomeHistory } from './naive-bayes.model';

describe('the probability of a win', () => {
  // 19 won and 30 lost with tag 1 alone, 9 and 40 with tag 2 alone, 14 and 35 with both.
  const past: OutcomeHistory = {
    all: { won: 42, lost: 105 },
    fields: {
      tag: new Map([
        ['1', { won: 33, lost: 65 }],
        ['2', { won: 23, lost: 75 }],
      ]),
    },
  };
  it.each([
    [['1'], 33.69],
    [['2'], 23.51],
    [['1', '2'], 28.05],
    [[], 28.6],
    [['never seen'], 28.6],
  ])('of tags %j is %d %%', (tag, percent) => expect(probabilityToWin(past, { tag }) * 100).toBeCloseTo(percent, 2));
  it('is never certain', () => {
    const sure: OutcomeHistory = {
      all: { won: 1e6, lost: 0 },
      fields: {
        source: new Map([
          ['a', { won: 1e6, lost: 0 }],
          ['b', { won: 0, lost: 1e6 }],
        ]),
      },
    };
    expect(probabilityToWin(sure, { source: ['a'] })).toBe(0.9999);
    expect(probabilityToWin({ ...sure, all: { won: 0, lost: 1e6 } }, { source: ['b'] })).toBe(0.0001);
  });
  it('uses only the overall rate for a field without a value', () =>
    expect(probabilityToWin(past, { constructor: ['x'] })).toBe(probabilityToWin(past, {})));
});
