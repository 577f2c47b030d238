import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A database in memory that works on one thread. */
export interface DuckDB {
  readonly run: (sql: string) => Promise<void>;
  readonly rows: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly close: () => void;
}

interface Connection {
  readonly run: (sql: string) => Promise<unknown>;
  readonly runAndReadAll: (sql: string) => Promise<{ readonly getRowObjects: () => Record<string, unknown>[] }>;
  readonly closeSync: () => void;
}
interface Driver {
  readonly DuckDBInstance: {
    readonly create: (path: string, options: object) => Promise<{ readonly connect: () => Promise<Connection> }>;
  };
}

const PACKAGE = '@duckdb/node-api';
const VERSION = '1.5.6-r.1';

/**
 * Installs DuckDB in a folder, as it is too large to be a dependency, and opens it.
 * @returns undefined where it cannot be installed
 */
export const startDuckDB = async (folder: string): Promise<DuckDB | undefined> => {
  const home = join(folder, 'duckdb');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{}');
  let driver: Driver;
  try {
    const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', home];
    execFileSync('npm', ['install', ...options, `${PACKAGE}@${VERSION}`], { stdio: 'ignore', timeout: 120_000 });
    driver = createRequire(join(home, 'package.json'))(PACKAGE) as Driver;
  } catch {
    return undefined;
  }
  const database = await driver.DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  return {
    run: async (sql) => void (await connection.run(sql)),
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects(),
    close: () => connection.closeSync(),
  };
};
