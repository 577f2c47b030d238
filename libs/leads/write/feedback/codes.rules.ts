import { wordKey, tidy } from '@baton/kernel';

/** Tidied codes without repetitions: of several spellings the first stands. */
export const tidyCodes = (codes: readonly string[]): string[] => {
  const first = new Map<string, string>();
  for (const code of codes) if (!first.has(wordKey(code))) first.set(wordKey(code), tidy(code));
  return [...first.values()];
};
