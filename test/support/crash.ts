import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueOf, eventsOf, type RawEvent } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { accessParts } from '@baton/platform/access';
import { activeGeneration, EmbeddedDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore, masterKey } from '@baton/platform/keys';
import { followerEvents } from '@baton/platform/runner';
import { policyFollower } from '@baton/platform/at-tip';
import { recountEvents } from '@baton/platform/runner/verify';
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
/**
 * Runs a program and kills it after a time, if it has not ended by then.
 * @param ready the line after which the time begins; the program then gets a line and continues
 */
export const killed = (command: readonly string[], cwd: string, afterMs?: number, ready?: string): Promise<Ended> =>
  new Promise((resolve) => {
    const { BATON_EVENTSTORE_URL: _log, BATON_MONGODB_URL: _documents, ...others } = process.env;
    const env = { ...others, BATON_DATA_DIR: cwd, BATON_LOG_LEVEL: 'silent' };
    const child = spawn(command[0]!, command.slice(1), { cwd, env });
    let [stdout, stderr] = ['', ''];
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      if (afterMs !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    };
    child.stdin.on('error', () => undefined); // it may have ended by then
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (!ready || !stdout.startsWith(`${ready}\n`)) return;
      stdout = stdout.slice(ready.length + 1);
      begin();
      child.stdin.end('go\n');
    });
    child.stderr.on('data', (chunk) => (stderr += chunk));
    if (!ready) begin();
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      // Everything before the last line break was written completely.
      resolve({ lines: stdout.split('\n').slice(0, -1), status, signal, stderr });
    });
  });

/** Runs jobs in two lanes, for the two cores of the build machines. */
export const inLanes = async (jobs: readonly (() => Promise<void>)[], lanes = 2): Promise<void> => {
  const waiting = [...jobs].reverse();
  const failed: unknown[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let job = waiting.pop(); job && failed.length === 0; job = waiting.pop())
        await job().catch((error: unknown) => failed.push(error));
    }),
  );
  if (failed.length > 0) throw failed[0];
};

/** All events of a log file, or those of some types. */
export const eventsIn = async (file: string, ...types: string[]): Promise<readonly RawEvent[]> => {
  const log = EmbeddedEventLog.open(file, new FixedClock());
  const { events } = await log.readAll('', types.length > 0 ? { types } : {}, 1_000_000);
  await log.close();
  return events;
};

/** Faults of a log: gaps in revisions or positions, duplicate ids. */
export const faultsOf = (events: readonly RawEvent[]): string[] => {
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

/** Read models of a data folder that have not seen every event, or differ from a new fold in any byte. */
export const unsoundModels = async (folder: string): Promise<{ incomplete: string[]; differing: string[] }> => {
  const parts = [accessParts, ...contextParts];
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), new FixedClock());
  const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKey(folder));
  const catalogue = catalogueOf([...eventsOf(parts), followerEvents]);
  const journal = new SealedJournal(log, catalogue, keys);
  const live = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const [incomplete, differing]: [string[], string[]] = [[], []];
  const tip = await log.tip();
  const check = async (name: string, follower: string, types: readonly string[] | undefined) => {
    const checkpoint = await live.checkpoint(follower);
    const [seen] = await recountEvents(log, [{ follower, owner: follower, types, checkpoint }]);
    if (!seen!.complete || seen!.position !== tip) incomplete.push(`${name}: ${JSON.stringify(seen)}`);
  };
  for (const projection of parts.flatMap(({ projections }) => projections)) {
    await check(projection.name, await activeGeneration(live, projection), projection.types);
    const anew = await foldedAnew(log, journal, projection);
    if ((await bytesOf(live, projection)) !== (await bytesOf(anew, projection))) differing.push(projection.name);
  }
  for (const policy of parts.flatMap(({ policies }) => policies))
    await check(policy.name, policyFollower(policy), policy.types);
  await Promise.all([live.close(), keys.close(), log.close()]);
  return { incomplete, differing };
};

/**
 * Writes a file of touches, some for each of a few leads in turn, so that it is sent in many waves, each with a sync.
 * @returns the command line that imports it, once it is told to continue
 */
export const importOf = (folder: string, leads: number, touches: number): string[] => {
  const day = (n: number) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10);
  const row = (n: number) => `r${n},m${n % leads},${day(Math.floor(n / leads))},p${n},email`;
  const lines = [
    `row,mql_id,first_contact_date,landing_page_id,origin`,
    ...Array.from({ length: touches }, (_, n) => row(n)),
  ];
  writeFileSync(join(folder, 'leads.csv'), lines.join('\n'));
  const example = JSON.parse(readFileSync(join(root, 'examples', 'mappings', 'olist-leads.json'), 'utf8'));
  const [capture, touch] = example.commands;
  const commands = [{ ...capture, onRefused: { 'lead/already-captured': 'continue' } }, touch];
  writeFileSync(join(folder, 'mapping.json'), JSON.stringify({ ...example, key: ['row'], commands }));
  const compiled = join(root, 'dist', 'apps', 'cli', 'import.command.js');
  return [process.execPath, join(__dirname, 'crash-import.js'), compiled, 'mapping.json', 'leads.csv'];
};
