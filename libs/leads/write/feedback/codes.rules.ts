/** A code or phrase as it is shown: composed characters, no blanks around it, single blanks within. */
export const tidy = (code: string): string => code.normalize('NFC').trim().replace(/\s+/gu, ' ');

/** What two spellings of one code have in common: `Price ` and `price` are the same. */
export const keyOf = (code: string): string => tidy(code).toLowerCase();

/** Tidied codes without repetitions: of several spellings the first stands. */
export const tidied = (codes: readonly string[]): string[] => {
  const first = new Map<string, string>();
  for (const code of codes) if (!first.has(keyOf(code))) first.set(keyOf(code), tidy(code));
  return [...first.values()];
};
