/** Order of the rows of a report: by key in code units, the row without a key first. */
export const byKey = (a: { readonly key: string | null }, b: { readonly key: string | null }): number =>
  a.key === b.key ? 0 : a.key === null || (b.key !== null && a.key < b.key) ? -1 : 1;
