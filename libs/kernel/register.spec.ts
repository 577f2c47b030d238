import fc from 'fast-check';
import { FROM_THE_START, latestValue, valueAt, valueBefore, valuesAfter, withValue, type Register } from './register';

const registerOf = (...values: readonly (readonly [from: string, value: string])[]): Register<string> =>
  values.reduce<Register<string>>((register, [from, value]) => withValue(register, from, value), []);

describe('a register', () => {
  const register = registerOf(['5', 'five'], [FROM_THE_START, 'first'], ['3', 'three']);
  it('returns the value at an instant', () =>
    expect(['0', '2', '3', '4', '5', '9'].map((at) => valueAt(register, at))).toEqual([
      ...['first', 'first', 'three', 'three', 'five', 'five'],
    ]));
  it('has no value before the first one', () => {
    expect(valueAt([], '1')).toBeUndefined();
    expect(valueAt(registerOf(['3', 'three']), '2')).toBeUndefined();
    expect(latestValue([])).toBeUndefined();
  });
  it('returns the value before an instant, and the values after it', () => {
    expect(valueBefore(register, '3')).toBe('first');
    expect(valuesAfter(register, '3')).toEqual([{ from: '5', value: 'five' }]);
  });
  it('keeps the later recorded of two values for one instant', () =>
    expect(registerOf(['3', 'a'], ['5', 'c'], ['3', 'b'])).toEqual(registerOf(['3', 'b'], ['5', 'c'])));
  it('is the same in any order of recording', () => {
    const values = fc.uniqueArray(fc.tuple(fc.constantFrom(...'123456789'), fc.string()), { selector: ([at]) => at });
    fc.assert(
      fc.property(
        values.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const oldestFirst = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(registerOf(...shuffled)).toEqual(oldestFirst.map(([from, value]) => ({ from, value })));
        },
      ),
    );
  });
});
