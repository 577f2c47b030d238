import { wordKey } from '@baton/kernel';

/** @returns the place of the first code that stands before already, in whatever spelling; -1 where each stands once */
export const repeatedCode = (codes: readonly string[]): number =>
  codes.map(wordKey).findIndex((code, index, keys) => keys.indexOf(code) !== index);
