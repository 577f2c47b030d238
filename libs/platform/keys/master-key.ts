import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '@baton/kernel';
import type { Config } from '../config';
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

/** The master keys of a process: keys are wrapped with the newest, and accepted under each. */
export class MasterKeys {
  private keys: readonly Buffer[];
  private lastMark: unknown;

  /**
   * @param read reads them, newest first
   * @param mark changes when a rotation begins or ends; cheap to ask for
   * @throws BatonError `keys/malformed-master-key`
   */
  constructor(
    private readonly read: () => readonly Buffer[],
    private readonly mark: () => unknown = () => undefined,
  ) {
    this.lastMark = mark(); // before it is read: a change in between is noticed later
    this.keys = read();
    if (this.keys.some(({ length }) => length !== KEY_BYTES)) throw malformed('the master key');
  }

  get newest(): Buffer {
    return this.keys[0]!;
  }
  get all(): readonly Buffer[] {
    return this.keys;
  }

  /** Reads them again if a rotation began or ended, or in any case. */
  refresh(inAnyCase = false): void {
    const now = this.mark();
    if (now === this.lastMark && !inAnyCase) return;
    this.lastMark = now;
    this.keys = this.read();
  }
}

/** The key that is about to replace the file `master.key`. */
export const nextKeyPath = (folder: string): string => join(folder, 'master.key.next');

/**
 * The master keys: the configured one with others that are accepted, or that of the file `master.key`, and the next one while it
 * is being replaced.
 * @throws BatonError `keys/malformed-master-key`
 */
export const masterKeys = (
  folder: string,
  { masterKey: configured, otherMasterKeys }: Pick<Config, 'masterKey' | 'otherMasterKeys'>,
): MasterKeys => {
  if (configured) {
    const others = otherMasterKeys.split(/[\s,]+/).filter((text) => text !== '');
    const keys = [configured, ...others].map((text, index) =>
      parseKey(text, index === 0 ? 'BATON_MASTER_KEY' : 'BATON_OTHER_MASTER_KEYS'),
    );
    return new MasterKeys(() => keys);
  }
  const next = nextKeyPath(folder);
  const read = () => {
    const text = readIfPresent(next);
    return [...(text === undefined ? [] : [parseKey(text, next)]), masterKey(folder)];
  };
  // A file that was replaced is another one.
  const mark = () => {
    const { ino, mtimeMs } = statSync(join(folder, 'master.key'), { throwIfNoEntry: false }) ?? {};
    return `${ino} ${mtimeMs} ${existsSync(next)}`;
  };
  return new MasterKeys(read, mark);
};

/** Wraps and unwraps keys with the master key. Each wrapped key is bound to a name, such as that of its subject. */
export class KeyWrapper {
  private readonly master: MasterKeys;

  constructor(master: Buffer | MasterKeys) {
    this.master = master instanceof MasterKeys ? master : new MasterKeys(() => [master]);
  }

  wrap(key: Buffer, name: string): Buffer {
    return seal(this.master.newest, key, name);
  }

  /** Notices that another process has begun to replace the master key. To be called before keys are generated. */
  refresh(): void {
    this.master.refresh();
  }

  /** @throws BatonError `keys/wrong-master-key` */
  unwrap(wrapped: Uint8Array, name: string): Buffer {
    const known = this.unwrapWith(this.master.all, wrapped, name);
    if (known) return known;
    this.master.refresh(true); // another process may have replaced the master key
    const key = this.unwrapWith(this.master.all, wrapped, name);
    if (key) return key;
    throw new BatonError(
      'keys/wrong-master-key',
      'The stored keys were wrapped with another master key; set BATON_MASTER_KEY (or master.key) to that one.',
    );
  }

  /** The key wrapped with the newest master key; undefined if it is already. */
  rewrap(wrapped: Uint8Array, name: string): Buffer | undefined {
    if (this.unwrapWith([this.master.newest], wrapped, name)) return undefined;
    return this.wrap(this.unwrap(wrapped, name), name);
  }

  /** Generates a key. @returns it in both forms */
  generate(name: string): { readonly key: Buffer; readonly wrapped: Buffer } {
    const key = randomBytes(KEY_BYTES);
    return { key, wrapped: this.wrap(key, name) };
  }

  private unwrapWith(keys: readonly Buffer[], wrapped: Uint8Array, name: string): Buffer | undefined {
    for (const key of keys)
      try {
        return unseal(key, wrapped, name);
      } catch {
        // It was wrapped with another one.
      }
    return undefined;
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
