import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '@baton/kernel';
import { makePrivate } from '../private-files';
import { createPrivateFile } from './key-file';
import { seal, unseal } from './seal';

/** The length of every key in bytes: the master key, subjects' keys and secrets. */
export const KEY_BYTES = 32;

/**
 * The key that wraps all others: the configured one, or the one in the file `master.key` (mode 0600), which is created
 * at first use. Without it no personal field can be read.
 * @param configured 32 bytes in base64
 * @throws BatonError `keys/malformed-master-key`
 */
export const masterKey = (folder: string, configured?: string): Buffer => {
  if (configured) return parseKey(configured, 'BATON_MASTER_KEY');
  const path = join(folder, 'master.key');
  const existing = readIfPresent(path);
  if (existing !== undefined) {
    makePrivate(path);
    return parseKey(existing, path);
  }
  createPrivateFile(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
  return parseKey(readFileSync(path, 'utf8'), path);
};

/** Wraps and unwraps keys with the master key. Each wrapped key is bound to a name, such as that of its subject. */
export class KeyWrapper {
  constructor(private readonly master: Buffer) {
    if (master.length !== KEY_BYTES) throw malformed('the master key');
  }

  wrap(key: Buffer, name: string): Buffer {
    return seal(this.master, key, name);
  }

  /** @throws BatonError `keys/wrong-master-key` */
  unwrap(wrapped: Uint8Array, name: string): Buffer {
    try {
      return unseal(this.master, wrapped, name);
    } catch {
      throw new BatonError(
        'keys/wrong-master-key',
        'The stored keys were wrapped with another master key; set BATON_MASTER_KEY (or master.key) to that one.',
      );
    }
  }

  /** Generates a key. @returns it in both forms */
  generate(name: string): { readonly key: Buffer; readonly wrapped: Buffer } {
    const key = randomBytes(KEY_BYTES);
    return { key, wrapped: this.wrap(key, name) };
  }
}

const parseKey = (text: string, source: string): Buffer => {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text.trim()) throw malformed(source);
  return key;
};

const malformed = (source: string) =>
  new BatonError('keys/malformed-master-key', `${source} must be 32 bytes in base64 (openssl rand -base64 32).`);

const readIfPresent = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
