import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of a value, to compare contents. Do not use it for personal data:
 * anybody who has the hash can guess the value.
 */
export const contentHash = (value: unknown): string => sha256(canonicalJson(value)).toString('hex');

/** SHA-256 of some parts, one after the other. */
export const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  hash('sha256', Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))), 'buffer');

/** The canonical JSON (RFC 8785) of a value: equal values have equal texts. Fields that are undefined are left out. */
export const canonicalJson = (value: unknown): string => canonicalize(value)!;
