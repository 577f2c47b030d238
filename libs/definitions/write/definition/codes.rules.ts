/** @returns the place of the first code that stands before already; -1 where each stands once */
export const repeatedCode = (codes: readonly string[]): number =>
  codes.findIndex((code, index) => codes.indexOf(code) !== index);
