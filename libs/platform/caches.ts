import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** A cache whose entries can be read again at any time; `pop` drops the one that was not used for longest. */
interface Cache {
  readonly size: number;
  pop(): unknown;
}

/** What Node says of a collection, which its types leave out. */
interface CollectionEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

/** What V8 adds to the limit of a heap for new objects, which no cache can use. */
const NEW_OBJECTS = 48 * 2 ** 20;
/** The part of the rest that is in use after garbage was collected, from which on the caches take too much of it. */
const SHORT = 0.6;

/**
 * The caches of this process. Each is bounded by a number of entries, whose sizes differ and are not worth measuring; all
 * of them together are bounded by the heap: when it gets full, they give half of it back.
 */
const caches = new Set<WeakRef<Cache>>();

/** Adds a cache to those that the heap bounds, until whoever holds it is gone. */
export const boundByHeap = <C extends Cache>(cache: C): C => {
  caches.add(new WeakRef(cache));
  return cache;
};

/** Drops that half of each cache which was not used for longest. */
export const halveCaches = (): void => {
  for (const reference of caches) {
    const cache = reference.deref();
    if (!cache) caches.delete(reference);
    else for (let left = Math.ceil(cache.size / 2); left > 0; left--) cache.pop();
  }
};

const isWhole = (entry: PerformanceEntry): boolean =>
  (entry as CollectionEntry).detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;

/** Halves the caches whenever the heap is short of room after a whole garbage collection. @returns ends that */
export const watchHeap = (): (() => void) => {
  const observer = new PerformanceObserver((collections) => {
    if (!collections.getEntries().some(isWhole)) return;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used > SHORT * (limit - NEW_OBJECTS)) halveCaches();
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
};
