import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueOf, type StoredEvent } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { accessParts } from '@baton/platform/access';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore, masterKey } from '@baton/platform/keys';
import { followerEvents } from '@baton/platform/runner';
import { contextParts } from '../../apps/contexts';
import { root } from './baton';
import { bytesOf, foldedAnew } from './world-oracle';

export const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** A seeded sequence of numbers in [0, 1). */
export const seeded = (state: number) => () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

export interface Ended {
  readonly lines: readonly string[];
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}
/** Runs a program and kills it after a time, if it has not ended by then. */
export const killed = (command: readonly string[], cwd: string, afterMs?: number): Promise<Ended> =>
  new Promise((resolve) => {
    const { EVENTSTORE_URL: _log, MONGODB_URL: _documents, ...others } = process.env;
    const child = spawn(command[0]!, command.slice(1), { cwd, env: { ...others, BATON_DATA_DIR: cwd } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      // What stands before the last line break was written whole.
      resolve({ lines: stdout.split('\n').slice(0, -1), status, signal, stderr });
    });
  });

/** All events of a log file. */
export const eventsOf = async (file: string): Promise<readonly StoredEvent[]> => {
  const log = EmbeddedEventLog.open(file, new FixedClock());
  const { events } = await log.readAll('', {}, 1_000_000);
  await log.close();
  return events;
};

/** Faults of a log: revisions and positions that are not dense, ids that come twice. */
export const faultsOf = (events: readonly StoredEvent[]): string[] => {
  const heads = new Map<string, number>();
  const faults: string[] = [];
  events.forEach(({ stream, revision, position }, index) => {
    if (revision !== (heads.get(stream) ?? -1) + 1) faults.push(`${stream} lacks a revision before ${revision}`);
    if (Number(position) !== index + 1) faults.push(`a position is missing before ${position}`);
    heads.set(stream, revision);
  });
  if (new Set(events.map(({ id }) => id)).size < events.length) faults.push('an event is there twice');
  return faults;
};

/** Read models of a data folder that are not, byte for byte, what a fold from scratch gives. */
export const differingModels = async (folder: string): Promise<string[]> => {
  const parts = [accessParts, ...contextParts];
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), new FixedClock());
  const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKey(folder));
  const catalogue = catalogueOf([...parts.flatMap(({ events }) => events), followerEvents]);
  const journal = new SealedJournal(log, catalogue, keys);
  const live = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const differing: string[] = [];
  for (const projection of parts.flatMap(({ projections }) => projections)) {
    const anew = await foldedAnew(log, journal, projection);
    if ((await bytesOf(live, projection)) !== (await bytesOf(anew, projection))) differing.push(projection.name);
  }
  await Promise.all([live.close(), keys.close(), log.close()]);
  return differing;
};

const csv = (rows: number) =>
  ['mql_id,first_contact_date,landing_page_id,origin']
    .concat(
      Array.from(
        { length: rows },
        (_, row) => `m${row},2024-01-${String(1 + (row % 28)).padStart(2, '0')},p${row % 5},email`,
      ),
    )
    .join('\n');
/** The command line that imports a generated file of leads. */
export const importOf = (folder: string, rows: number): string[] => {
  writeFileSync(join(folder, 'leads.csv'), csv(rows));
  const mapping = join(root, 'examples', 'mappings', 'olist-leads.json');
  return [process.execPath, join(root, 'dist', 'apps', 'cli', 'main.js'), 'import', mapping, 'leads.csv', '--json'];
};
