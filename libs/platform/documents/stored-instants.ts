import type { Instant } from '@baton/kernel';
import type { SqliteValue } from '../sqlite';
import { instantMs, instantText } from './short-texts';

/** Instants in columns of the embedded store: milliseconds, in a quarter of the bytes of their text, in the same order. */
const [FIRST_MS, LAST_MS] = [instantMs('0000-01-01T00:00:00.000Z'), instantMs('9999-12-31T23:59:59.999Z')];
/** In place of '', which is less than every instant. */
const UNKNOWN_MS = FIRST_MS - 1;

/** @returns undefined for a text that no column of instants holds */
export const columnOfInstant = (text: string): number | undefined => {
  const ms = text === '' ? UNKNOWN_MS : instantMs(text);
  return Number.isNaN(ms) ? undefined : ms;
};
/** The text of a value of a column, as it is or as SQLite has it. */
export const instantOfColumn = <V>(value: V): V | Instant => {
  if (typeof value !== 'number') return value;
  return value === UNKNOWN_MS ? '' : instantText(value);
};

/** The least value of a column that is not less than a text, whatever that is. */
export const leastColumnFrom = (text: string): SqliteValue => {
  const known = columnOfInstant(text);
  if (known !== undefined) return known;
  let [low, high] = [FIRST_MS, LAST_MS + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (instantText(middle) < text) low = middle + 1;
    else high = middle;
  }
  return low;
};
