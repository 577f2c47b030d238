import { execFileSync, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EventLog } from '@baton/kernel';
import { catalogueFor } from '@baton/platform/catalogue';
import { readConfig } from '@baton/platform/config';
import { SealedJournal } from '@baton/platform/event-log';
import { Runner } from '@baton/platform/runner';
import { openStores } from '@baton/platform/stores';
import { contextParts } from '../apps/contexts';
import { companyEvents } from './company';
import { clock, measured, median, readAndParse, ROUNDS, type Benchmark } from './support';

const EVENTS = Number(process.env['BENCH_SERVER_EVENTS'] ?? 50_000);
const BATCH = 1_000;
const AIM = 0.8;
const MODELS = ['deals', 'leads', 'case-file'] as const;

/** The servers of the tests, which are compiled here because nothing else runs them. */
const startFakes = async () => {
  const root = join(__dirname, '..', '..');
  const swc = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
  const args = ['test/support', '--out-dir', 'dist', '--config-file', '.swcrc', '--ignore', '**/*.js', '--quiet'];
  execFileSync(process.execPath, [swc, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  const child = fork(join(__dirname, 'fake-servers.js'));
  const [addresses] = (await once(child, 'message')) as [{ readonly eventStore: string; readonly mongodb: string }];
  return { child, ...addresses };
};

const fill = async (log: EventLog): Promise<void> => {
  for (let n = 0; n < EVENTS; n += BATCH)
    for (const answer of await log.appendMany(companyEvents(n, Math.min(BATCH, EVENTS - n))))
      if (answer.status === 'rejected') throw answer.reason;
};

/**
 * Rebuilds on servers, whose own work is that of another process: how many events a second of CPU handles, against
 * reading and parsing all events.
 */
export const onServers: Benchmark = async (folder) => {
  const { child, eventStore, mongodb } = await startFakes();
  const config = readConfig({
    ...{ BATON_DATA_DIR: folder, BATON_EVENTSTORE_URL: eventStore, BATON_MONGODB_URL: mongodb },
    BATON_MASTER_KEY: randomBytes(32).toString('base64'),
  });
  const { log, documents, keys } = await openStores(config, clock, { mayCreateStore: true });
  const journal = new SealedJournal(log, catalogueFor(contextParts), keys);
  const projections = contextParts
    .flatMap((one) => one.projections)
    .filter(({ name }) => (MODELS as readonly string[]).includes(name));
  const runner = new Runner({
    ...{ log, journal, documents, clock, projections, policies: [], aggregates: [] },
    dispatch: () => Promise.reject(new Error('no policies here')),
    onFault: (error) => {
      throw error;
    },
  });
  try {
    await fill(log);
    const rounds: Record<'read' | (typeof MODELS)[number], number>[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const took = { read: (await measured(() => readAndParse(log, journal))).cpu } as (typeof rounds)[number];
      for (const name of MODELS) took[name] = (await measured(() => runner.rebuild(name))).cpu;
      if (round > 0) rounds.push(took); // the first is to get warm
    }
    return MODELS.map((name) => ({
      what: `rebuild of \`${name}\` from ${EVENTS} events on (fake) servers: events for each CPU second against reading and parsing all of them; at least ${AIM}`,
      ratio: median(rounds.map((round) => round.read / round[name])),
      rounds,
    }));
  } finally {
    await runner.stop();
    await Promise.all([keys.close(), documents.close()]);
    await log.close();
    child.kill();
  }
};
