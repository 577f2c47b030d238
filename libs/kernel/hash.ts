import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * SHA-256, in hex, over the canonical JSON (RFC 8785) of a value: to compare contents. Of nothing personal: whoever has
 * the hash can guess what it is of.
 */
export const contentHash = (value: unknown): string => createHash('sha256').update(canonicalize(value)!).digest('hex');
