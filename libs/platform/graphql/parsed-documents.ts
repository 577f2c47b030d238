import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import type { DocumentNode } from 'graphql';

/** Bytes that all kept documents may take in the heap. */
const KEPT_BYTES = 16 * 2 ** 20;
/** What a parsed document takes for each character of it at most: every token is an object that knows its neighbours. */
const BYTES_PER_CHARACTER = 200;

/**
 * Documents that were asked before, so that they are neither parsed nor validated again. Apollo’s own cache counts them as
 * the JSON of their trees, a quarter of what they take: callers who send ever other documents would fill the heap.
 * @param keptBytes those not asked for longest go first beyond it; a document of a sixteenth of it is not kept
 */
export const parsedDocuments = (keptBytes = KEPT_BYTES): InMemoryLRUCache<DocumentNode> =>
  new InMemoryLRUCache<DocumentNode>({
    maxSize: keptBytes,
    maxEntrySize: keptBytes / 16,
    sizeCalculation: ({ loc }) => BYTES_PER_CHARACTER * (loc?.source.body.length ?? keptBytes),
  });
