import { ByWord } from './words';

describe('values by word', () => {
  const countsOf = (words: readonly (string | null)[], exact = false) => {
    const counts = new ByWord<{ count: number }>(exact);
    for (const word of words) counts.at(word, () => ({ count: 0 })).count++;
    return counts.entries().map(([word, { count }]) => [word, count]);
  };
  const words = ['email', null, 'Paid  Search', 'paid search ', 'Cafe\u0301', 'café', '', null];

  it('know one word in all its spellings, and show the one that sorts first whatever the order', () => {
    const expected = [[null, 2], ['', 1], ['Café', 2], ['Paid Search', 2], ['email', 1]]; // prettier-ignore
    expect(countsOf(words)).toEqual(expected);
    expect(countsOf([...words].reverse())).toEqual(expected);
  });
  it('keep spellings apart that are exact, as those of ids are', () =>
    expect(countsOf(['ann', 'Ann', 'ann'], true)).toEqual([
      ['Ann', 1],
      ['ann', 2],
    ]));
  it('find a word by any spelling', () => {
    const values = new ByWord<string>();
    values.at('Webinar', () => 'known');
    expect([values.get(' webinar'), values.get('fair'), values.get(null)]).toEqual(['known', undefined, undefined]);
  });
});
