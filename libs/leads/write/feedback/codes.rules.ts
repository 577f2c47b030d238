import { keyOf, tidy } from '@baton/kernel';

/** Tidied codes without repetitions: of several spellings the first stands. */
export const tidyCodes = (codes: readonly string[]): string[] => {
  const first = new Map<string, string>();
  for (const code of codes) if (!first.has(keyOf(code))) first.set(keyOf(code), tidy(code));
  return [...first.values()];
};
