import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { BatonError } from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { makePrivate, privateFile } from './private-files';

/** The values of parameters and columns; `undefined` is an error. */
export type SqliteValue = string | number | bigint | null | Uint8Array;
type Row = Record<string, SqliteValue>;

/** A prepared statement; parameters are positional. */
export interface Statement {
  all<R = Row>(...parameters: readonly SqliteValue[]): R[];
  get<R = Row>(...parameters: readonly SqliteValue[]): R | undefined;
  run(...parameters: readonly SqliteValue[]): { readonly changes: number };
}

/** A prepared query whose rows are arrays in the order of its columns, which makes long reads 50 % faster. */
export interface RowQuery {
  all(...parameters: readonly SqliteValue[]): SqliteValue[][];
}

/** `FULL`: a commit is on the disk before it returns. `NORMAL`: a power cut may lose the last commits. */
export interface SqliteOptions {
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Whether deleted content is overwritten with zeros. */
  readonly secureDelete?: boolean;
  /** The file must exist, and writes fail. */
  readonly readOnly?: boolean;
}

/** How long a call waits for another process. */
const BUSY_MS = 5000;
/** Result codes: CORRUPT, NOTADB; FULL; PERM, READONLY, IOERR, CANTOPEN, AUTH. */
const [DAMAGED, FULL, NOT_ACCESSIBLE] = [[11, 26], [13], [3, 8, 10, 14, 23]];

/** Turns an error of the file system or of SQLite into a BatonError about the file; returns others as they are. */
export const fileFault = (path: string, error: unknown): unknown => {
  const { code = '', sqliteCode, message } = error as NodeJS.ErrnoException & { readonly sqliteCode?: number };
  const isOneOf = (codes: readonly number[]) => sqliteCode !== undefined && codes.includes(sqliteCode);
  const name = basename(path);
  if (isOneOf(DAMAGED))
    return new BatonError(
      'file/damaged',
      `${path} is damaged or not a file of Baton; restore a backup${name === 'documents.db' ? ', or remove it: Baton rebuilds it from the log' : ''}.`,
    );
  if (isOneOf(FULL) || code === 'ENOSPC')
    return new BatonError('file/no-room', `${path} cannot grow because the disk is full; free some space.`);
  if (isOneOf(NOT_ACCESSIBLE) || /^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|EISDIR|ENOENT)$/.test(code))
    return new BatonError(
      'file/not-accessible',
      `${path} cannot be read and written (${code.startsWith('ERR_') ? message : code}): set BATON_DATA_DIR, or change the permissions of the folder.`,
    );
  return error;
};

/** Callers choose filters, orders and fields, each of which is another statement. */
const MAX_STATEMENTS = 1_000;
/** Those not used for longest are prepared again. */
const keptStatements = <S extends object>() =>
  new LRUCache<string, S>({ maxSize: MAX_STATEMENTS, sizeCalculation: () => 1 }); // with `max` its places would be allocated at once

/** The part of SQLite that the embedded stores use. All methods are synchronous. */
export class Sqlite {
  private readonly statements = keptStatements<Statement>();
  private readonly rowQueries = keptStatements<RowQuery>();

  /** @param synchronous what a commit waits for at first */
  constructor(
    private readonly database: InstanceType<typeof DatabaseSync>,
    private readonly readOnly: boolean,
    private synchronous: SqliteOptions['synchronous'],
  ) {}

  exec(sql: string): void {
    this.database.exec(sql);
  }

  /** Prepares a statement, once for each SQL text that is used often. */
  prepare(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.database.prepare(sql) as unknown as Statement));
    return statement;
  }

  /** As `prepare`, for a query whose rows are arrays. */
  prepareRows(sql: string): RowQuery {
    let query = this.rowQueries.get(sql);
    if (!query) {
      const statement = this.database.prepare(sql);
      statement.setReturnArrays(true);
      this.rowQueries.set(sql, (query = statement as unknown as RowQuery));
    }
    return query;
  }

  /** Changes what a commit waits for, from the next transaction on. */
  setSynchronous(synchronous: SqliteOptions['synchronous']): void {
    if (synchronous === this.synchronous) return;
    this.database.exec(`PRAGMA synchronous=${synchronous}`);
    this.synchronous = synchronous;
  }

  /** Runs in BEGIN IMMEDIATE … COMMIT. An error thrown inside rolls back and is thrown again. */
  transaction<T>(run: () => T): T {
    this.prepare('BEGIN IMMEDIATE').run(); // prepared: parsing them again takes as long as running them
    try {
      const result = run();
      this.prepare('COMMIT').run();
      return result;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Moves the write-ahead log into the file and empties it, so that deleted content is in neither.
   * @param waits for another process that reads or writes, up to five seconds
   * @returns false if another process prevented it
   */
  truncateLog({ waits = true } = {}): boolean {
    if (!waits) this.database.exec('PRAGMA busy_timeout=0');
    try {
      const row = this.database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { readonly busy: number };
      return row.busy === 0;
    } finally {
      if (!waits) this.database.exec(`PRAGMA busy_timeout=${BUSY_MS}`);
    }
  }

  /** The faults that SQLite's integrity check finds in the file, at most a hundred. */
  integrityFaults(): readonly string[] {
    try {
      const rows = this.database.prepare('PRAGMA integrity_check').all() as { readonly integrity_check: string }[];
      return rows.map(({ integrity_check }) => integrity_check).filter((result) => result !== 'ok');
    } catch (error) {
      return [(error as Error).message]; // too damaged to be checked
    }
  }

  close(): void {
    // The library releases a file only when its statements are garbage-collected, so SQLite does not truncate the log.
    this.database.exec('PRAGMA busy_timeout=0');
    if (!this.readOnly) this.truncateLog();
    this.statements.clear();
    this.rowQueries.clear();
    this.database.close();
  }
}

/**
 * Opens a database file in WAL mode. Creates it and its folder if they do not exist. Only their owner may read them.
 * @param path of the file, or `:memory:`
 * @throws BatonError `file/damaged`, `file/no-room`, `file/not-accessible`
 */
export const openDatabase = (
  path: string,
  { synchronous, secureDelete = false, readOnly = false }: SqliteOptions,
): Sqlite => {
  try {
    if (!readOnly && path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      privateFile(path); // SQLite creates the -wal and -shm files with the same mode
      for (const companion of ['-wal', '-shm']) makePrivate(path + companion);
    }
    const database = new DatabaseSync(path, { readOnly });
    // The timeout comes first: switching to WAL already waits for other processes.
    database.exec(`PRAGMA busy_timeout=${BUSY_MS}`);
    database.exec(
      `${readOnly ? '' : 'PRAGMA journal_mode=WAL;'} PRAGMA synchronous=${synchronous}; PRAGMA cache_size=-65536;
       PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=${secureDelete ? 'ON' : 'OFF'};`,
    );
    database.prepare('SELECT count(*) FROM sqlite_master').get(); // reads the file, so that damage is found now
    return new Sqlite(database, readOnly, synchronous);
  } catch (error) {
    throw fileFault(path, error);
  }
};
