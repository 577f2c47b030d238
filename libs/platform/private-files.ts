import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { BatonError } from '@baton/kernel';

const GROUP_AND_OTHERS = 0o077;

/** Takes from everybody but the owner what they may do with a file or folder; where there is none, nothing happens. */
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

/** Makes a folder that only its owner may enter, and makes an existing one so. @throws BatonError `data/not-private` */
export const privateFolder = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  makePrivate(path);
};

/** Makes a file, empty where it is new, that only its owner may read. @throws BatonError `data/not-private` */
export const privateFile = (path: string): void => {
  closeSync(openSync(path, 'a', 0o600));
  makePrivate(path);
};
