import { BatonError, type Collection, type Index } from '@baton/kernel';
import type { Sqlite } from '../sqlite';
import { indexesOf, signatureOf } from './columns';
import { columnNameOf, indexNameOf, tableOf, tokensTableOf } from './sql';

const TABLES = `
  CREATE TABLE IF NOT EXISTS collections(name TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS shapes(collection TEXT PRIMARY KEY, shapes TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checkpoints(
    follower TEXT PRIMARY KEY, checkpoint TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parked(
    follower TEXT, sequence TEXT, position TEXT NOT NULL, eventId TEXT NOT NULL, code TEXT NOT NULL,
    message TEXT NOT NULL, PRIMARY KEY(follower, sequence)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS actives(projection TEXT PRIMARY KEY, generation TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dropped(generation TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS beats(holder TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS leases(
    lease TEXT PRIMARY KEY, holder TEXT, token INTEGER NOT NULL) WITHOUT ROWID;`;
/** The form of the file: the tables above, columns of instants as numbers, documents as `DocumentPacker` packs them. */
const FORMAT = 4;

/**
 * Makes the tables that every file has.
 * @throws BatonError `file/other-format` for a file that another version of Baton wrote in another form
 */
export const ensureTables = (database: Sqlite, path: string, readOnly: boolean): void => {
  const found = database
    .prepare('SELECT count(*) AS tables, (SELECT user_version FROM pragma_user_version) AS format FROM sqlite_master')
    .get<{ tables: number; format: number }>()!;
  if (found.format === FORMAT) return;
  if (found.tables > 0)
    throw new BatonError(
      'file/other-format',
      `${path} was written by another version of Baton; remove it, and Baton rebuilds it from the log.`,
    );
  // All or nothing, whenever the process ends.
  if (!readOnly) database.transaction(() => database.exec(`PRAGMA user_version = ${FORMAT}; ${TABLES}`));
};

/** Makes the tables of a collection with their indexes. */
export const createTables = (database: Sqlite, collection: Collection): void => {
  const types = { text: 'TEXT', instant: 'INTEGER', integer: 'INTEGER', real: 'REAL', flag: 'INTEGER', tokens: 'TEXT' };
  const columns = Object.entries(collection.columns);
  const fields = columns.map(([column, type]) => `, ${columnNameOf(column)} ${types[type]}`).join('');
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${tableOf(collection)}(id TEXT PRIMARY KEY, position NOT NULL, doc NOT NULL${fields})`,
  );
  createIndexes(database, collection);
  for (const [column, type] of columns) if (type === 'tokens') createTokensTable(database, collection, column);
  database
    .prepare('INSERT OR IGNORE INTO collections(name, columns) VALUES(?, ?)')
    .run(collection.name, signatureOf(collection));
};

/** A table of a column's tokens, which follows whatever is written to the column. */
const createTokensTable = (database: Sqlite, collection: Collection, column: string): void => {
  const [table, tokens, name] = [tableOf(collection), tokensTableOf(collection), columnNameOf(column)];
  const insert = `INSERT OR IGNORE INTO ${tokens}(field, token, id)
    SELECT '${column}', value, new.id FROM json_each(new.${name})`;
  const remove = `DELETE FROM ${tokens}
    WHERE field = '${column}' AND token IN (SELECT value FROM json_each(old.${name})) AND id = old.id`;
  database.exec(`
    CREATE TABLE IF NOT EXISTS ${tokens}(field TEXT, token TEXT, id TEXT, PRIMARY KEY(field, token, id)) WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS "${collection.name}.${column}.insert" AFTER INSERT ON ${table}
      BEGIN ${insert}; END;
    CREATE TRIGGER IF NOT EXISTS "${collection.name}.${column}.delete" AFTER DELETE ON ${table}
      BEGIN ${remove}; END;
    CREATE TRIGGER IF NOT EXISTS "${collection.name}.${column}.update" AFTER UPDATE OF ${name} ON ${table}
      WHEN old.${name} IS NOT new.${name}
      BEGIN ${remove}; ${insert}; END;`);
};

/** Each with the id, by which ties are broken. */
export const createIndexes = (database: Sqlite, collection: Collection, indexes = indexesOf(collection)): void => {
  for (const index of indexes) {
    const columns = index.map(({ column, descending }) => `${columnNameOf(column)}${descending ? ' DESC' : ''}`);
    const last = index.at(-1)?.descending ? 'id DESC' : 'id';
    database.exec(
      `CREATE INDEX IF NOT EXISTS ${indexNameOf(collection, index)} ON ${tableOf(collection)}(${columns.join(', ')}, ${last})`,
    );
  }
};

export const dropIndexes = (database: Sqlite, collection: Collection): void => {
  for (const index of indexesOf(collection)) database.exec(`DROP INDEX IF EXISTS ${indexNameOf(collection, index)}`);
};

/** The indexes of a collection that its table does not have. */
export const missingIndexes = (database: Sqlite, collection: Collection): readonly Index[] => {
  const found = database.prepare(`PRAGMA index_list(${tableOf(collection)})`).all<{ name: string }>();
  const names = new Set(found.map(({ name }) => `"${name}"`));
  return indexesOf(collection).filter((index) => !names.has(indexNameOf(collection, index)));
};
