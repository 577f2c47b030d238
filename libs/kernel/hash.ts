import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of a value, to compare contents. Never of personal data: whoever has
 * the hash can guess the value.
 */
export const contentHash = (value: unknown): string => createHash('sha256').update(canonicalize(value)!).digest('hex');
