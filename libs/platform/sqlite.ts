import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
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
  damage(): readonly string[];
  close(): void;
}

/** `FULL`: a commit is on the disk before it returns. `NORMAL`: a power cut may lose the last commits. */
export interface SqliteOptions {
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Deleted content is overwritten with zeros. */
  readonly secureDelete?: boolean;
}

/**
 * Opens a database file in WAL mode, and makes it and its folder where absent. Only their owner may read them.
 * @param path of the file, or `:memory:`
 */
export const openDatabase = (path: string, { synchronous, secureDelete = false }: SqliteOptions): Sqlite => {
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    privateFile(path); // SQLite gives its companions the same mode
    for (const companion of ['-wal', '-shm']) makePrivate(path + companion);
  }
  const database = new DatabaseSync(path);
  // The time limit comes first: switching to WAL already waits for other processes.
  database.exec('PRAGMA busy_timeout=5000');
  database.exec(
    `PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}; PRAGMA cache_size=-65536;
     PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=${secureDelete ? 'ON' : 'OFF'};`,
  );
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
    damage: () => {
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
      truncateLog();
      statements.clear();
      rowQueries.clear();
      database.close();
    },
  };
};
