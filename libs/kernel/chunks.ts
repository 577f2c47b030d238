/** Limits of a list in one event, in items and bytes of JSON: well below the limit of one append. */
export const EVENT_CHUNK_LIMITS = { count: 500, bytes: 200_000 } as const;

/**
 * Splits a list into chunks that fit one event each, in order.
 * @param items a chunk has at most 500 of them and 200,000 bytes of JSON; a larger single item gets its own chunk
 * @returns [] for no items
 */
export const chunksOf = <T>(items: readonly T[]): T[][] => {
  const { count, bytes } = EVENT_CHUNK_LIMITS;
  const chunks: T[][] = [];
  let size = 0;
  for (const item of items) {
    const itemBytes = Buffer.byteLength(JSON.stringify(item));
    if (chunks.length === 0 || chunks.at(-1)!.length === count || size + itemBytes > bytes) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)!.push(item);
    size += itemBytes;
  }
  return chunks;
};

/** The items in their order, so many at a time. */
export function* batchesOf<T>(items: Iterable<T>, size: number): Iterable<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The same parts, each of them read only as it is gone through, and once. */
export function* partsOf<T>(items: Iterable<T>, size: number): Iterable<Iterable<T>> {
  const all = items[Symbol.iterator]();
  const end = { isReached: false };
  const part = {
    *[Symbol.iterator]() {
      for (let taken = 0; taken < size; taken++) {
        const next = all.next();
        if (next.done) end.isReached = true;
        if (next.done) return;
        yield next.value;
      }
    },
  };
  while (!end.isReached) yield part;
}
