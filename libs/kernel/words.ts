import { LRUCache } from 'lru-cache';

/** A word as it is shown: composed characters, no blanks around it, single blanks within. */
export const tidy = (word: string): string => word.normalize('NFC').trim().replace(/\s+/gu, ' ');

/** What the spellings of one word have in common, the same wherever words are compared: `Price ` and `price`. */
export const keyOf = (word: string): string => {
  let key = keys.get(word);
  if (key === undefined) keys.set(word, (key = tidy(word).toLowerCase()));
  return key;
};
/** Channels, campaigns and codes come by the million and are few. */
const keys = new LRUCache<string, string>({
  max: 10_000,
  maxSize: 1_000_000,
  sizeCalculation: ({ length }) => length + 1,
});

/** Something was said: neither absent nor blank. */
export const isSaid = (word: string | undefined): word is string => word !== undefined && word.trim() !== '';
