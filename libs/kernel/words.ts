import { LRUCache } from 'lru-cache';

/** Invisible characters in copied text: soft hyphens, zero-width spaces, direction and byte order marks. */
const INVISIBLE_MARKS = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
/**
 * All ignorable characters, including those that shape their neighbours: joiners of letters and emoji, variation
 * selectors.
 */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/** True if the text has no visible character. */
export const isBlank = (text: string): boolean => {
  const first = text.charCodeAt(0);
  // Most texts begin with a visible character of ASCII, and every text of every event is asked.
  return !(first > 0x20 && first < 0x7f) && !VISIBLE.test(text);
};

/** True if the text is neither undefined nor blank. */
export const hasText = (word: string | undefined): word is string => word !== undefined && !isBlank(word);

/** The text without invisible marks and surrounding white space. */
export const withoutInvisibleMarks = (text: string): string => text.replace(INVISIBLE_MARKS, '').trim();

/** The text with typographic quotes replaced by keyboard quotes. */
export const straightQuotes = (text: string): string =>
  text.replace(/[\u02bc\u2018-\u201b\u2032]/g, "'").replace(/[\u00ab\u00bb\u201c-\u201f\u2033]/g, '"');

/** The form in which addresses and searches compare text: NFKC, keyboard quotes, no invisible characters. */
export const plainText = (text: string): string => straightQuotes(text.normalize('NFKC')).replace(IGNORABLE, '').trim();

/** Letters that are no base letter with a mark, as they are written without their own keyboard. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ŧ: 't', ŋ: 'n', ı: 'i' },
};
/**
 * Lower-case text without diacritics: `zoë` is `zoe`, `łódź` is `lodz`. Only marks that are written on letters are
 * removed; the vowel signs of Indic and the sound marks of Japanese scripts are letters of their own.
 */
export const withoutDiacritics = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[ßæœøłđðþħŧŋı]/g, (letter) => PLAIN_LETTERS[letter]!);

/** A word for display: composed characters, no invisible marks, single spaces. */
export const tidy = (word: string): string =>
  isBlank(word) ? '' : withoutInvisibleMarks(word.normalize('NFC')).replace(/\s+/gu, ' ');

/**
 * The key under which all spellings of a word compare equal: `Price ` and `price`, with or without invisible
 * characters, with either kind of quotes.
 */
export const wordKey = (word: string): string => {
  let key = keys.get(word);
  if (key === undefined) keys.set(word, (key = straightQuotes(tidy(word.replace(IGNORABLE, ''))).toLowerCase()));
  return key;
};
/** A cache: millions of values, but few distinct ones. */
const keys = new LRUCache<string, string>({
  // With `max` its places would be allocated at once.
  maxSize: 1_000_000,
  sizeCalculation: ({ length }) => length + 100,
});

/**
 * A map by word, equal for all spellings; null stands for "not stated". The displayed spelling is the one that sorts
 * first, so that insertion order does not matter.
 */
export class WordMap<V> {
  private readonly byKey = new Map<string | null, { word: string | null; value: V }>();
  /** @param exact each spelling is a word of its own, as for ids */
  constructor(private readonly exact = false) {}

  private keyOf(word: string | null): string | null {
    return word === null || this.exact ? word : wordKey(word);
  }

  /** The value of a word, created if there is none. */
  at(word: string | null, make: () => V): V {
    const key = this.keyOf(word);
    const spelling = word === null || this.exact ? word : tidy(word);
    const known = this.byKey.get(key);
    if (known) {
      if (spelling !== null && spelling < known.word!) known.word = spelling;
      return known.value;
    }
    const value = make();
    this.byKey.set(key, { word: spelling, value });
    return value;
  }
  get(word: string | null): V | undefined {
    return this.byKey.get(this.keyOf(word))?.value;
  }
  /** The displayed words with their values; sorted, null first. */
  entries(): readonly (readonly [string | null, V])[] {
    return [...this.byKey.values()]
      .map(({ word, value }) => [word, value] as const)
      .sort(([a], [b]) => (a === b ? 0 : a === null || (b !== null && a < b) ? -1 : 1));
  }
}

/** Cells that begin so are formulas to spreadsheets; a quote before them makes them text. */
const FORMULA = /^[=+\-@\t\r']/;
/** A negative number, which a spreadsheet takes as such. */
const NEGATIVE = /^-\d+(\.\d+)?$/;
/** A cell that a spreadsheet does not execute. A text that begins with a quote gets one more, so that it can be undone. */
const neutral = (text: string): string => (FORMULA.test(text) && !NEGATIVE.test(text) ? `'${text}` : text);
const csvQuoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** A value as a cell of comma-separated values (RFC 4180), which no spreadsheet executes; an absent one is empty. */
export const csvCell = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return csvQuoted(neutral(typeof value === 'string' ? value : JSON.stringify(value)));
};
