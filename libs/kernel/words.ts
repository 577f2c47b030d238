import { LRUCache } from 'lru-cache';

/** What comes with text that was copied and shows nothing: soft hyphens, zero-width spaces, direction and byte order marks. */
const INVISIBLE_MARKS = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
/** The same, and what shapes its neighbours: joiners of letters and emoji, variation selectors. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/** Is there nothing to see in a text? */
export const isBlank = (text: string): boolean => !VISIBLE.test(text);

/** Something was said: neither absent nor blank. */
export const hasText = (word: string | undefined): word is string => word !== undefined && !isBlank(word);

/** The same text without the marks that nobody sees, and without white space around it. */
export const withoutInvisibleMarks = (text: string): string => text.replace(INVISIBLE_MARKS, '').trim();

/** Typographic quotes as they stand on a keyboard. */
export const straightQuotes = (text: string): string =>
  text.replace(/[\u02bc\u2018-\u201b\u2032]/g, "'").replace(/[\u00ab\u00bb\u201c-\u201f\u2033]/g, '"');

/** Text as addresses and searches compare it: NFKC, quotes as on a keyboard, without anything that cannot be seen. */
export const plainText = (text: string): string => straightQuotes(text.normalize('NFKC')).replace(IGNORABLE, '').trim();

/** A word as it is shown: composed characters, no marks that nobody sees, no blanks around it, single blanks within. */
export const tidy = (word: string): string =>
  isBlank(word) ? '' : withoutInvisibleMarks(word.normalize('NFC')).replace(/\s+/gu, ' ');

/**
 * What the spellings of one word have in common, the same wherever words are compared: `Price ` and `price`, with and
 * without what cannot be seen, with quotes of either kind.
 */
export const wordKey = (word: string): string => {
  let key = keys.get(word);
  if (key === undefined) keys.set(word, (key = straightQuotes(tidy(word.replace(IGNORABLE, ''))).toLowerCase()));
  return key;
};
/** Channels, campaigns and codes come by the million and are few. */
const keys = new LRUCache<string, string>({
  max: 10_000,
  maxSize: 1_000_000,
  sizeCalculation: ({ length }) => length + 1,
});

/**
 * Values by word, in whatever spelling; null stands for what is not stated, and is no word. A word is shown in that of
 * its spellings that sorts first, so that the order in which they come does not matter.
 */
export class WordMap<V> {
  private readonly found = new Map<string | null, { word: string | null; value: V }>();
  /** @param exact spellings are words of their own, as those of ids are */
  constructor(private readonly exact = false) {}

  private keyOf(word: string | null): string | null {
    return word === null || this.exact ? word : wordKey(word);
  }

  /** The value of a word, made if there is none yet. */
  at(word: string | null, make: () => V): V {
    const key = this.keyOf(word);
    const spelling = word === null || this.exact ? word : tidy(word);
    const known = this.found.get(key);
    if (known) {
      if (spelling !== null && spelling < known.word!) known.word = spelling;
      return known.value;
    }
    const value = make();
    this.found.set(key, { word: spelling, value });
    return value;
  }
  get(word: string | null): V | undefined {
    return this.found.get(this.keyOf(word))?.value;
  }
  /** Each word as it is shown, with its value; sorted, null first. */
  entries(): readonly (readonly [string | null, V])[] {
    return [...this.found.values()]
      .map(({ word, value }) => [word, value] as const)
      .sort(([a], [b]) => (a === b ? 0 : a === null || (b !== null && a < b) ? -1 : 1));
  }
}
