import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of a value, to compare contents. Do not use it for personal data:
 * anybody who has the hash can guess the value.
 */
export const contentHash = (value: unknown): string => createHash('sha256').update(canonicalize(value)!).digest('hex');
