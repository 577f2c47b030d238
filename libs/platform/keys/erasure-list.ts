import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Refused, type KeyStore } from '@baton/kernel';
import { privateFile } from '../private-files';
import { openDatabase } from '../sqlite';

/**
 * Makes a key store write the id of every person whose key it is about to destroy into a file, one a line. The file is to
 * be kept apart from backups: a restored backup has the keys of people who were erased later.
 * @param path of the file; '' for none
 */
export const withErasureList = <K extends KeyStore>(keys: K, path: string): K => {
  if (path === '') return keys;
  const destroy = keys.destroy.bind(keys);
  keys.destroy = async (subject) => {
    append(path, `${subject}\n`);
    await destroy(subject);
  };
  return keys;
};

const append = (path: string, line: string): void => {
  privateFile(path);
  const file = openSync(path, 'a');
  try {
    writeSync(file, line);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/**
 * Reads which people were erased.
 * @param path a list that `BATON_ERASURES` names; or a folder with embedded keys: a data folder, or a backup
 * @returns their ids, each once
 * @throws Refused `backup/no-erasures` if there is neither
 */
export const erasedIn = (path: string): readonly string[] => {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const source = isFolder ? join(path, 'keys.db') : path;
  if (!existsSync(source))
    throw new Refused(
      'backup/no-erasures',
      `${source} does not exist; give the list that BATON_ERASURES names, the folder of a later backup, or the data folder that is replaced.`,
      'erasures',
    );
  if (!isFolder) return [...new Set(readFileSync(source, 'utf8').split('\n'))].filter((line) => line !== '');
  const database = openDatabase(source, { synchronous: 'NORMAL', readOnly: true });
  try {
    const rows = database.prepare('SELECT subject FROM subjects WHERE wrapped IS NULL ORDER BY subject');
    return rows.all<{ subject: string }>().map(({ subject }) => subject);
  } finally {
    database.close();
  }
};
