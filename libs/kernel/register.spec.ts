import fc from 'fast-check';
import { FROM_THE_START, latestValue, valueAt, valueBefore, valuesAfter, withValue, type Register } from './register';

const said = (...words: readonly (readonly [from: string, value: string])[]): Register<string> =>
  words.reduce<Register<string>>((register, [from, value]) => withValue(register, from, value), []);

describe('a register', () => {
  const register = said(['5', 'five'], [FROM_THE_START, 'first'], ['3', 'three']);
  it('tells what held at an instant', () =>
    expect(['0', '2', '3', '4', '5', '9'].map((at) => valueAt(register, at))).toEqual([
      ...['first', 'first', 'three', 'three', 'five', 'five'],
    ]));
  it('knows nothing before anything was said', () => {
    expect(valueAt([], '1')).toBeUndefined();
    expect(valueAt(said(['3', 'three']), '2')).toBeUndefined();
    expect(latestValue([])).toBeUndefined();
  });
  it('tells what held up to an instant, and what was said of the time after it', () => {
    expect(valueBefore(register, '3')).toBe('first');
    expect(valuesAfter(register, '3')).toEqual([{ from: '5', value: 'five' }]);
  });
  it('keeps of one instant the later word alone', () =>
    expect(said(['3', 'a'], ['5', 'c'], ['3', 'b'])).toEqual(said(['3', 'b'], ['5', 'c'])));
  it('is the same in whatever order it was said', () => {
    const words = fc.uniqueArray(fc.tuple(fc.constantFrom(...'123456789'), fc.string()), { selector: ([at]) => at });
    fc.assert(
      fc.property(
        words.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const oldestFirst = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(said(...shuffled)).toEqual(oldestFirst.map(([from, value]) => ({ from, value })));
        },
      ),
    );
  });
});
