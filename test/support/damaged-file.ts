import { readFileSync, writeFileSync } from 'node:fs';
import { openDatabase } from '@baton/platform/sqlite';

/** The report of SQLite's check on `damage`. */
export const DAMAGE = 'NULL value in odd.a';

/** Puts a row into a closed file that violates its table: every page can be read, and only SQLite's check finds it. */
export const damage = (path: string): void => {
  const database = openDatabase(path, { synchronous: 'FULL' });
  database.exec('CREATE TABLE odd(a /*null*/); INSERT INTO odd VALUES (NULL)');
  database.close();
  const bytes = readFileSync(path, 'latin1');
  if (!bytes.includes('odd(a /*null*/)')) throw new Error(`the table is not in ${path}`);
  writeFileSync(path, bytes.replace('odd(a /*null*/)', 'odd(a NOT NULL)'), 'latin1');
};
