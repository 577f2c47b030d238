import fc from 'fast-check';
import { Ranked } from './ranked.rules';

describe('values by their rank', () => {
  const inOrder = (values: readonly number[]) => [...values].sort((a, b) => a - b);
  const allOf = (values: readonly number[]) => {
    const ranked = Ranked.of(Float64Array.from(values));
    return Array.from({ length: ranked.length }, (_, rank) => ranked.at(rank));
  };
  /** Enough of them that they are not simply sorted: some values again and again. */
  const many = (some: readonly number[]) =>
    Array.from({ length: 5000 }, (_, place) => some[(place * 7) % some.length]!);

  it('are those of the sorted list', () =>
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 3000 }), (some) => {
        expect(allOf(many(some))).toEqual(inOrder(many(some)));
      }),
      { numRuns: 30 },
    ));

  it.each([
    ['the same', [7]],
    ['few and far apart', [0, 1, 2 ** 53 - 1]],
    ['next to each other', Array.from({ length: 4999 }, (_, place) => 1e15 + place)],
    ['many beside one that is far away', [...Array.from({ length: 4990 }, (_, place) => place), 1e15]],
    ['below zero and above', [-(2 ** 53) + 1, -1, 0, 1, 2 ** 53 - 1]],
  ])('are found where values are %s', (_, some) => expect(allOf(many(some))).toEqual(inOrder(many(some))));

  it('end with the list', () => {
    for (const length of [3, 5000]) {
      const ranked = Ranked.of(Float64Array.from({ length }, (_, place) => length - place));
      expect([ranked.at(0), ranked.at(length - 1), ranked.at(length)]).toEqual([1, length, undefined]);
    }
    expect(Ranked.of(new Float64Array(0)).at(0)).toBeUndefined();
  });
});
