import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import type { DocumentNode } from 'graphql';

/** What a parsed document takes of the heap for each character at most: every token is an object that knows its neighbours. */
const BYTES_PER_CHARACTER = 200;

/** Bytes of the heap. @param source the text of a document */
export const bytesOfDocument = (source: string): number => BYTES_PER_CHARACTER * source.length;

/**
 * How much of the heap a cache of parsed documents may take: those not asked for longest go first beyond it, and a
 * document that would take the place of many is not kept. Anybody can send ever other documents.
 */
export const documentCacheBounds = (keptBytes = 16 * 2 ** 20) => ({ maxSize: keptBytes, maxEntrySize: keptBytes / 16 });

/**
 * Documents that Apollo has validated. Its own cache counts them as the JSON of their trees, a quarter of what they take.
 * @param keptBytes for tests
 */
export const validatedDocuments = (keptBytes?: number): InMemoryLRUCache<DocumentNode> =>
  new InMemoryLRUCache<DocumentNode>({
    ...documentCacheBounds(keptBytes),
    sizeCalculation: ({ loc }) => bytesOfDocument(loc!.source.body),
  });
