import { WordMap, isBlank, hasText, wordKey, tidy } from './words';
import { emailTerms, wordTerms as wordsOf } from './sealed';

const invisible = ['\u00ad', '\u061c', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u202a', '\u202e'];
invisible.push('\u2060', '\u2066', '\u2069', '\ufe0f', '\ufeff');

describe('invisible characters', () => {
  it.each(invisible.map((sign) => [`U+${sign.codePointAt(0)!.toString(16)}`, sign]))(
    '%s is blank, and parts no words',
    (_, sign) => {
      expect([isBlank(sign), hasText(` ${sign} `), tidy(` ${sign}`), wordKey(sign)]).toEqual([true, false, '', '']);
      expect([`${sign}Paid ${sign} se${sign}arch${sign}`, 'paid search'].map(wordKey)).toEqual(
        Array(2).fill('paid search'),
      );
      expect(wordsOf(`Mül${sign}ler ${sign}`)).toEqual(['muller']);
      expect(emailTerms(`${sign}an${sign}n@example.com`)).toEqual(['ann@example.com']);
    },
  );
  it('are removed for display, unless they shape their neighbours', () => {
    expect(tidy('\ufeff Paid\u200b \u200eSear\u00adch ')).toBe('Paid Search');
    for (const shaped of ['👩\u200d💻', '❤\ufe0f', 'می\u200cخواهم']) expect(tidy(`${shaped}\u200e `)).toBe(shaped);
  });
});

describe('quotes', () => {
  it.each(['Valentine’s “Day”', 'valentine‘s „day‟', "VALENTINE'S «DAY»", 'Valentine\u2032s \u2033Day\u2033'])(
    'are compared as on a keyboard: %s',
    (word) => expect(wordKey(word)).toBe(`valentine's "day"`),
  );
  it('are displayed as they were written', () => expect(tidy('Valentine’s “Day”')).toBe('Valentine’s “Day”'));
});

describe('diacritics', () => {
  it.each([
    ['Zoë', 'ZOE'],
    ['Müller', 'Muller'],
    ['Zoe\u0308', 'zoë'],
    ['Łukasz Østergård', 'lukasz ostergard'],
    ['Þórður Strauß', 'thordur STRAUSS'],
    ['STRAUẞ', 'strauss'],
    ['İpek Kılıç', 'ipek kilic'],
    ['Ἀλέξανδρος', 'αλεξανδρος'],
  ])('do not count in names: %s is found by %s', (name, asked) => expect(wordsOf(name)).toEqual(wordsOf(asked)));
  it.each([
    ['कि', 'का'],
    ['が', 'か'],
    ['Muller', 'Mueller'],
  ])('are not what makes another letter: %s is not %s', (name, asked) =>
    expect(wordsOf(name)).not.toEqual(wordsOf(asked)),
  );
});

describe('values by word', () => {
  const countsOf = (words: readonly (string | null)[], exact = false) => {
    const counts = new WordMap<{ count: number }>(exact);
    for (const word of words) counts.at(word, () => ({ count: 0 })).count++;
    return counts.entries().map(([word, { count }]) => [word, count]);
  };
  const words = ['email', null, 'Paid  Search', 'paid search ', 'Cafe\u0301', 'café', '', null];

  it('treat all spellings of a word as one, and display the one that sorts first', () => {
    const expected = [[null, 2], ['', 1], ['Café', 2], ['Paid Search', 2], ['email', 1]]; // prettier-ignore
    expect(countsOf(words)).toEqual(expected);
    expect(countsOf([...words].reverse())).toEqual(expected);
  });
  it('treat exact spellings, such as ids, as different words', () =>
    expect(countsOf(['ann', 'Ann', 'ann'], true)).toEqual([
      ['Ann', 1],
      ['ann', 2],
    ]));
  it('find a word by any spelling', () => {
    const values = new WordMap<string>();
    values.at('Webinar', () => 'known');
    expect([values.get(' webinar'), values.get('fair'), values.get(null)]).toEqual(['known', undefined, undefined]);
  });
});
