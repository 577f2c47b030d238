import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { BatonError } from '@baton/kernel';
import { makePrivate, privateFile } from './private-files';

/** What a parameter or a column may hold; `undefined` is an error. */
export type SqliteValue = string | number | bigint | null | Uint8Array;
type Row = Record<string, SqliteValue>;

/** A prepared statement; parameters are positional. */
export interface Statement {
  all<R = Row>(...parameters: readonly SqliteValue[]): R[];
  get<R = Row>(...parameters: readonly SqliteValue[]): R | undefined;
  run(...parameters: readonly SqliteValue[]): { readonly changes: number };
}

/** A prepared query whose rows are arrays in the order of its columns: for long reads, half as fast again. */
export interface RowQuery {
  all(...parameters: readonly SqliteValue[]): SqliteValue[][];
}

/** The few methods that the embedded stores need of SQLite. All of them are synchronous. */
export interface Sqlite {
  exec(sql: string): void;
  /** Prepared once per text. */
  prepare(sql: string): Statement;
  prepareRows(sql: string): RowQuery;
  /** Runs in BEGIN IMMEDIATE … COMMIT; whatever is thrown inside rolls back and is thrown on. */
  transaction<T>(run: () => T): T;
  /**
   * Moves the write-ahead log into the file and empties it, so that what was deleted is gone from both.
   * @returns false when another process that reads or writes prevented it for five seconds
   */
  truncateLog(): boolean;
  /** What SQLite's own check finds wrong with the file, at most a hundred faults; [] for nothing. */
  integrityFaults(): readonly string[];
  close(): void;
}

/** `FULL`: a commit is on the disk before it returns. `NORMAL`: a power cut may lose the last commits. */
export interface SqliteOptions {
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Deleted content is overwritten with zeros. */
  readonly secureDelete?: boolean;
  /** The file must be there; what would write to it is refused. */
  readonly readOnly?: boolean;
}

/** Of SQLite: corrupt, not a database; full; cannot be opened, is read-only, may not be read, cannot be read or written. */
const [DAMAGED, FULL, NOT_ACCESSIBLE] = [[11, 26], [13], [3, 8, 10, 14, 23]];

/** What an error of the file system or of SQLite says of a file; other errors as they are. */
export const fileFault = (path: string, error: unknown): unknown => {
  const { code = '', sqliteCode, message } = error as NodeJS.ErrnoException & { readonly sqliteCode?: number };
  const says = (codes: readonly number[]) => sqliteCode !== undefined && codes.includes(sqliteCode);
  const name = basename(path);
  if (says(DAMAGED))
    return new BatonError(
      'file/damaged',
      `${path} is damaged or not a file of Baton; restore a backup${name === 'documents.db' ? ', or remove it: Baton rebuilds it from the log' : ''}.`,
    );
  if (says(FULL) || code === 'ENOSPC')
    return new BatonError('file/no-room', `${path} cannot grow because the disk is full; free some space.`);
  if (says(NOT_ACCESSIBLE) || /^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|EISDIR|ENOENT)$/.test(code))
    return new BatonError(
      'file/not-accessible',
      `${path} cannot be read and written (${code.startsWith('ERR_') ? message : code}): set BATON_DATA_DIR, or change the permissions of the folder.`,
    );
  return error;
};

/**
 * Opens a database file in WAL mode, and makes it and its folder where absent. Only their owner may read them.
 * @param path of the file, or `:memory:`
 * @throws BatonError `file/damaged`, `file/no-room`, `file/not-accessible`
 */
export const openDatabase = (
  path: string,
  { synchronous, secureDelete = false, readOnly = false }: SqliteOptions,
): Sqlite => {
  let database: InstanceType<typeof DatabaseSync>;
  try {
    if (!readOnly && path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      privateFile(path); // SQLite gives its companions the same mode
      for (const companion of ['-wal', '-shm']) makePrivate(path + companion);
    }
    database = new DatabaseSync(path, { readOnly });
    // The time limit comes first: switching to WAL already waits for other processes.
    database.exec('PRAGMA busy_timeout=5000');
    database.exec(
      `${readOnly ? '' : 'PRAGMA journal_mode=WAL;'} PRAGMA synchronous=${synchronous}; PRAGMA cache_size=-65536;
       PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=${secureDelete ? 'ON' : 'OFF'};`,
    );
    database.prepare('SELECT count(*) FROM sqlite_master').get(); // the first thing that is read of a file
  } catch (error) {
    throw fileFault(path, error);
  }
  const truncateLog = () => {
    const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { readonly busy: number };
    return row.busy === 0;
  };
  const statements = new Map<string, Statement>();
  const rowQueries = new Map<string, RowQuery>();
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      let statement = statements.get(sql);
      if (!statement) statements.set(sql, (statement = database.prepare(sql) as unknown as Statement));
      return statement;
    },
    prepareRows: (sql) => {
      let query = rowQueries.get(sql);
      if (!query) {
        const statement = database.prepare(sql);
        statement.setReturnArrays(true);
        rowQueries.set(sql, (query = statement as unknown as RowQuery));
      }
      return query;
    },
    transaction: (run) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = run();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    truncateLog,
    integrityFaults: () => {
      try {
        const found = database.prepare('PRAGMA integrity_check').all() as { readonly integrity_check: string }[];
        return found.map(({ integrity_check }) => integrity_check).filter((said) => said !== 'ok');
      } catch (error) {
        return [(error as Error).message]; // too damaged to be checked
      }
    },
    close: () => {
      // The library lets go of a file only when its statements are collected, so SQLite does not tidy up by itself.
      database.exec('PRAGMA busy_timeout=0');
      if (!readOnly) truncateLog();
      statements.clear();
      rowQueries.clear();
      database.close();
    },
  };
};
