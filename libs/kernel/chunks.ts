/** What one event's list holds, in bytes of JSON well below what one append holds, whatever its items say. */
export const EVENT_CHUNK_LIMITS = { count: 500, bytes: 200_000 } as const;

/**
 * Cuts a list into slices that one event holds, in its order.
 * @param items at most 500 of them and 200,000 bytes of JSON are in a slice; one that is larger alone has its own
 * @returns no slice for no items
 */
export const chunksOf = <T>(items: readonly T[]): T[][] => {
  const { count, bytes } = EVENT_CHUNK_LIMITS;
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
