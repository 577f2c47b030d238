import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { privateFolder } from '../private-files';

/** Writes a draft that only its owner can access, puts it in its place, and removes what is left of it. */
const withDraft = (path: string, text: string, place: (draft: string) => void): void => {
  privateFolder(dirname(path));
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
    place(draft);
  } finally {
    closeSync(file);
    rmSync(draft, { force: true });
  }
};

/** Creates a file with a key, unless another process was first: it sees either no file or a complete one. */
export const createPrivateFile = (path: string, text: string): void =>
  withDraft(path, text, (draft) => {
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });

/** Replaces a file with a key as a whole. */
export const replacePrivateFile = (path: string, text: string): void =>
  withDraft(path, text, (draft) => renameSync(draft, path));
