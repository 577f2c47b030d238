import { Value } from '@sinclair/typebox/value';
import { integer } from './schema';

describe('an integer', () => {
  it.each([
    [2_147_483_647, true],
    [-2_147_483_647, true],
    [2_147_483_648, false],
    [3_000_000_000, false],
    [1.5, false],
  ])('is within the range of the GraphQL type Int: %s %s', (value, isOne) =>
    expect(Value.Check(integer(), value)).toBe(isOne),
  );
});
