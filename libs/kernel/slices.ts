/**
 * Cuts a list into slices that one event holds, in its order.
 * @param items at most `count` of them and `bytes` of JSON are in a slice; one that is larger alone has its own
 * @returns no slice for no items
 */
export const slicesOf = <T>(
  items: readonly T[],
  { count, bytes }: { readonly count: number; readonly bytes: number },
) => {
  const slices: T[][] = [];
  let size = 0;
  for (const item of items) {
    const own = Buffer.byteLength(JSON.stringify(item));
    if (slices.length === 0 || slices.at(-1)!.length === count || size + own > bytes) {
      slices.push([]);
      size = 0;
    }
    slices.at(-1)!.push(item);
    size += own;
  }
  return slices;
};
