import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of a value, to compare contents. Do not use it for personal data:
 * anybody who has the hash can guess the value.
 */
export const contentHash = (value: unknown): string => sha256(canonicalJson(value)).toString('hex');

/** SHA-256 of some parts, one after the other. */
export const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const [only, ...rest] = parts;
  const whole =
    only !== undefined && rest.length === 0
      ? only
      : Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  // As a text of bytes: `buffer` allocates memory of its own for each hash, which takes longer than to hash an event.
  return Buffer.from(hash('sha256', whole, 'binary'), 'binary');
};

/** A value whose JSON is not canonical even if its fields are sorted. */
const IRREGULAR = Symbol('irregular');
/**
 * The value with the fields of every object sorted; the value itself if they are. `IRREGULAR` for what JSON.stringify
 * writes in another way: numbers that JSON lacks, fields named by digits, which come first whatever their order, fields
 * that are undefined, objects that say themselves how they are written.
 */
const sorted = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : IRREGULAR;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || 'toJSON' in value) return IRREGULAR;
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    if (items.includes(IRREGULAR)) return IRREGULAR;
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const before = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(before);
  const isSorted = names.every((name, index) => index === 0 || names[index - 1]! < name);
  let after: Record<string, unknown> | undefined;
  if (!isSorted) [after] = [{}, names.sort()];
  for (const name of names) {
    const field = sorted(before[name]);
    if (field === IRREGULAR || name === '__proto__' || /^\d/.test(name)) return IRREGULAR;
    if (field !== before[name]) after ??= { ...before };
    if (after) after[name] = field;
  }
  return after ?? before;
};

/** The canonical JSON (RFC 8785) of a value: equal values have equal texts. Fields that are undefined are left out. */
export const canonicalJson = (value: unknown): string => {
  const regular = sorted(value);
  return regular === IRREGULAR ? canonicalize(value)! : JSON.stringify(regular);
};

/**
 * Makes ids from names: the UUID (version 5, RFC 9562) of a name in a namespace.
 * @param namespace a UUID
 */
export const idsIn = (namespace: string): ((name: string) => string) => {
  const prefix = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  return (name) => {
    const bytes = Buffer.allocUnsafe(prefix.length + Buffer.byteLength(name));
    bytes.set(prefix);
    bytes.write(name, prefix.length);
    const digits = hash('sha1', bytes, 'hex');
    const variant = '89ab'[Number.parseInt(digits[16]!, 16) & 3]!;
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-5${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
  };
};
