import { wordKey } from '@baton/kernel';

/** @returns the index of the first code that repeats an earlier one, ignoring case; -1 if there is none */
export const indexOfRepeatedCode = (codes: readonly string[]): number =>
  codes.map(wordKey).findIndex((code, index, keys) => keys.indexOf(code) !== index);
