import { wordKey, tidy } from '@baton/kernel';

/** Trimmed codes without duplicates; of several spellings the first is kept. */
export const tidyCodes = (codes: readonly string[]): string[] => {
  const first = new Map<string, string>();
  for (const code of codes) if (!first.has(wordKey(code))) first.set(wordKey(code), tidy(code));
  return [...first.values()];
};
