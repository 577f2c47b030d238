import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A PostgreSQL server of the benchmark's own, reached by a socket file. */
export interface Postgres {
  readonly url: string;
  /** CPU seconds of the server and all its processes so far. */
  readonly cpu: () => number;
  /** @returns rows as lines, columns parted by `|` */
  readonly query: (sql: string) => string;
  readonly stop: () => Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';
const programs = (): string | undefined =>
  existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN, version, 'bin'))
        .find((folder) => existsSync(join(folder, 'initdb')))
    : undefined;

/** The server refuses to be run by root: then it runs as the user that its package made. */
const owner = (): { uid?: number; gid?: number } =>
  process.getuid?.() === 0
    ? {
        uid: Number(execFileSync('id', ['-u', 'postgres']).toString()),
        gid: Number(execFileSync('id', ['-g', 'postgres']).toString()),
      }
    : {};

/** User and system ticks of a process; with those of its children that have ended. */
const ticksOf = (pid: string | number, withEnded: boolean): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').map(Number);
    return fields.slice(11, withEnded ? 15 : 13).reduce((sum, ticks) => sum + ticks, 0);
  } catch {
    return 0; // it has just ended: the server counts it
  }
};
const childrenOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

/**
 * Makes a cluster in a temporary folder and starts it; it goes when it is stopped. A commit need not reach the disk before it is answered, as with our
 * documents; everything else as it is delivered, with more memory.
 * @returns undefined where Debian's package `postgresql` is not installed
 */
export const startPostgres = async (): Promise<Postgres | undefined> => {
  const bin = programs();
  if (!bin) return undefined;
  const who = owner();
  const folder = mkdtempSync(join(tmpdir(), 'baton-postgres-')); // not within another's: its owner must reach it
  const data = join(folder, 'data');
  if (who.uid !== undefined) chownSync(folder, who.uid, who.gid!);
  const options = { ...who, stdio: 'ignore' as const, cwd: '/' };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '--auth=trust', '-E', 'UTF8'], options);
  const settings = ['synchronous_commit=off', 'shared_buffers=512MB', 'max_wal_size=4GB', 'listen_addresses='];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-k', folder, ...settings.flatMap((setting) => ['-c', setting])],
    options,
  );
  const ended = once(server, 'exit');
  while (!existsSync(join(folder, '.s.PGSQL.5432'))) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
    await delay(50);
  }
  const perSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString());
  const pid = server.pid!;
  return {
    url: `postgresql://bench@localhost/postgres?host=${encodeURIComponent(folder)}`,
    cpu: () => childrenOf(pid).reduce((sum, child) => sum + ticksOf(child, false), ticksOf(pid, true)) / perSecond,
    query: (sql) =>
      execFileSync(join(bin, 'psql'), ['-h', folder, '-U', 'bench', '-d', 'postgres', '-Atc', sql]).toString().trim(),
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};
