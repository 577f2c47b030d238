import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { BatonError } from '@baton/kernel';

const GROUP_AND_OTHERS = 0o077;

/**
 * Removes all permissions of group and others from a file or folder, if it exists.
 * @throws BatonError `data/not-private`
 */
export const makePrivate = (path: string): void => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || (found.mode & GROUP_AND_OTHERS) === 0) return;
  try {
    chmodSync(path, found.mode & 0o777 & ~GROUP_AND_OTHERS);
  } catch (error) {
    throw new BatonError(
      'data/not-private',
      `Other users can read ${path}, and its owner is another user; remove their rights (chmod go= ${path}), or run as its owner. ${(error as Error).message}`,
      path,
    );
  }
};

/**
 * Creates a folder that only its owner can access, or makes an existing one private.
 * @throws BatonError `data/not-private`
 */
export const privateFolder = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  makePrivate(path);
};

/**
 * Creates an empty file that only its owner can access, or makes an existing one private.
 * @throws BatonError `data/not-private`
 */
export const privateFile = (path: string): void => {
  closeSync(openSync(path, 'a', 0o600));
  makePrivate(path);
};
