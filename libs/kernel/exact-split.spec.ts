import fc from 'fast-check';
import { allocateExact, DECIMAL_UNITS, ExactSplit } from '.';
import { repetitions } from './testing/repetitions';

const split = new ExactSplit();
const partsOf = (amount: number, weights: readonly number[]) => {
  const parts = new Float64Array(weights.length);
  split.setWeights(weights, weights.length);
  split.split(amount, parts);
  return [...parts];
};
const expected = (amount: number, weights: readonly number[]) => allocateExact(BigInt(amount), weights).map(Number);

const halves = fc.integer({ min: 0, max: 60 }).map((times) => 0.5 ** times);
const oneWeight = {
  equal: fc.constantFrom(0, 1),
  small: fc.integer({ min: 0, max: 40 }),
  shares: fc.constantFrom(0, 100_000, 66_667, 300_000, 400_000),
  large: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  halves,
  thirds: fc.constantFrom(1 / 3, 2 / 3, 0.1, 0.2, 0.7, 0),
  fractions: fc.double({ min: 0, max: 1, noNaN: true }),
  decaying: fc.double({ min: 0, max: 400, noNaN: true }).map((age) => 2 ** (-age / 7)),
};
const amounts = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -(2 ** 43), max: 2 ** 43 }),
  fc.maxSafeInteger(),
  fc.constant(DECIMAL_UNITS),
);

describe('a split by doubles', () => {
  it.each(Object.entries(oneWeight))('equals the split of whole numbers of any size: %s', (_, weight) =>
    fc.assert(
      fc.property(
        amounts,
        fc.oneof(fc.array(weight, { minLength: 1, maxLength: 12 }), fc.array(weight, { minLength: 1, maxLength: 300 })),
        (amount, weights) => {
          fc.pre(weights.some((one) => one > 0));
          expect(partsOf(amount, weights)).toEqual(expected(amount, weights));
        },
      ),
      { numRuns: repetitions(300, 50_000) },
    ),
  );
  it('leaves remainders that doubles cannot tell apart to whole numbers', () => {
    // Exact quarters and eighths of one conversion, and weights one rounding apart
    for (const weights of [
      [1, 0.5, 0.25, 0.25],
      [3, 1, 2 ** 52],
      [1, 1 - 2 ** -52, 1 - 2 ** -51],
      [0.1 + 0.2, 0.3, 0.3],
    ])
      for (const amount of [DECIMAL_UNITS, 1, 2, 3, 7, 100, 2 ** 52, Number.MAX_SAFE_INTEGER, -5])
        expect([amount, partsOf(amount, weights)]).toEqual([amount, expected(amount, weights)]);
  });
  it('splits more parts than a call has arguments', () => {
    const weights = Float64Array.from({ length: 300_000 }, (_, place) => 1 + (place % 7) / 3);
    const parts = new Float64Array(weights.length);
    split.setWeights(weights, weights.length);
    split.split(DECIMAL_UNITS, parts);
    expect([...parts]).toEqual(expected(DECIMAL_UNITS, [...weights]));
  });
});
