import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedEventLog } from '@baton/platform/event-log';
import { append } from './pages';
import type { Rebuilt } from './rebuild';
import { writeLeads, type RebuiltLeads } from './rebuild-leads';
import { clock, type Benchmark, type Figure } from './support';

const SIZES = (process.env['BENCH_SIZES'] ?? '1000000,10000000').split(',').map(Number);
const LIMIT = 512;
const BATCH = 2000;
/** Mebibytes: Node by itself lets garbage grow with the memory of the machine. */
const HEAP = 384;

/** Leads come and go: each has ten events, spread over 200,000 of the log; then the next 20,000 leads follow. */
const cohorts = (n: number): number => Math.floor(n / 200_000) * 20_000 + (n % 20_000);
/** Every lead has its second event only after all others had their first: no cache of documents can help. */
const inTurn =
  (size: number) =>
  (n: number): number =>
    n % (size / 10);

const write = async (path: string, from: number, to: number, leadOf: (n: number) => number): Promise<void> => {
  const log = EmbeddedEventLog.open(path, clock);
  for (let n = from; n < to; n += BATCH) {
    const answers = await log.appendMany(
      Array.from({ length: Math.min(BATCH, to - n) }, (_, i) => append(n + i, leadOf(n + i))),
    );
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
  }
  await log.close();
};

/** In a process of its own, so that nothing else counts; from nothing, as after a new version of the read model. */
const answerOf = async <R extends { readonly events: number }>(
  script: string,
  args: readonly string[],
  size: number,
): Promise<R> => {
  const child = fork(join(__dirname, script), args, { execArgv: [`--max-old-space-size=${HEAP}`] });
  const told = once(child, 'message') as Promise<[R]>;
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`a rebuild of ${size} events ended with ${code}`);
  const [rebuilt] = await told;
  if (rebuilt.events !== size) throw new Error(`a rebuild of ${size} events saw ${rebuilt.events}`);
  return rebuilt;
};
const rebuild = async (folder: string, name: string, size: number): Promise<Rebuilt> => {
  const rebuilt = await answerOf<Rebuilt>('rebuild.js', [folder, name], size);
  for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `${name}-documents.db${end}`), { force: true });
  return rebuilt;
};

const figureOf = (size: number, order: string, bytes: number, rebuilt: Rebuilt): Figure => ({
  what:
    `memory of a rebuild of ${size} events into ${size / 10} documents, ${order}, against ${LIMIT} MiB: ` +
    `${rebuilt.mebibytes.toFixed(0)} MiB, ${rebuilt.wall.toFixed(1)} s, ${(size / rebuilt.wall).toFixed(0)} events/s`,
  ratio: rebuilt.mebibytes / LIMIT,
  rounds: { ...rebuilt, logBytes: bytes },
});

/** How much memory and time full rebuilds of large logs take; each log is the one before, gone on with. */
export const size: Benchmark = async (folder) => {
  const figures: Figure[] = [];
  let written = 0;
  for (const size of SIZES) {
    await write(join(folder, 'cohorts.db'), written, size, cohorts);
    written = size;
    const rebuilt = await rebuild(folder, 'cohorts', size);
    process.stderr.write(`${JSON.stringify(rebuilt)}\n`); // the next one takes long
    figures.push(figureOf(size, 'one cohort after the other', statSync(join(folder, 'cohorts.db')).size, rebuilt));
  }
  rmSync(join(folder, 'cohorts.db'));
  const worst = Math.min(1_000_000, ...SIZES);
  await write(join(folder, 'turns.db'), 0, worst, inTurn(worst));
  const rebuilt = await rebuild(folder, 'turns', worst);
  figures.push(figureOf(worst, 'all of them in turn', statSync(join(folder, 'turns.db')).size, rebuilt));
  rmSync(join(folder, 'turns.db'));
  return [...figures, ...(await leadsInTurn(folder, worst))];
};

/** The read model `leads` where each event belongs to another lead than the one before. */
const leadsInTurn = async (folder: string, size: number): Promise<readonly Figure[]> => {
  await writeLeads(folder, size);
  const rebuilt = await answerOf<RebuiltLeads>('rebuild-leads.js', [folder], size);
  const { readAndParse, cpu, mebibytes } = rebuilt;
  const what = `rebuild of \`leads\` from ${size} events of ${size / 10} leads in turn`;
  return [
    { what: `${what}: its CPU against read + parse`, ratio: readAndParse / cpu, rounds: rebuilt },
    { what: `${what}: memory against ${LIMIT} MiB`, ratio: mebibytes / LIMIT, rounds: rebuilt },
  ];
};
