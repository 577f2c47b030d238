import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { appendsOf, cpuOfBaton, mebibytesIn } from './import';
import { measure, ratioOf, shown } from './figures';
import { bareServer } from './lists';
import { serverOf } from './overload';
import type { Benchmark, Figure } from './support';

const SCALE = process.env['BENCH_DEMO_SCALE'] ?? '1';
const DISK_MIB = 60;

const VALUES = 'total { value numerator denominator support }';
const WEEKLY_REVIEW = `{ weeklyReview(period: "last-week") {
  leads { code ${VALUES} } movement { cell ${VALUES} } velocity { code ${VALUES} } sla { code ${VALUES} } feedback { topic feedback } } }`;
const AIM_QUERIES = 5;

/** The review of a week of the demo against bare queries of equal bytes. */
const weeklyReview = async (folder: string): Promise<readonly Figure[]> => {
  const main = join(__dirname, '..', 'apps', 'cli', 'main.js');
  const server = await serverOf(folder, main, { keys: ['analyst'], settings: { NODE_ENV: 'production' } });
  const bare = await bareServer();
  try {
    const rows: Figure[] = [];
    for (const asked of ['again', 'anew'] as const) {
      const times = await measure(WEEKLY_REVIEW, server, bare, asked);
      rows.push({
        what: `weeklyReview of the demo, asked ${asked} (${shown(times.own)}), against ${AIM_QUERIES} bare queries (each ${shown(times.bare)})`,
        ratio: 1 / ratioOf(times) / AIM_QUERIES,
        rounds: times,
      });
    }
    return rows;
  } finally {
    bare.child.kill();
    await server.stop();
  }
};

/** The demo against appending its events: once, because it takes long. */
export const demo: Benchmark = async (folder) => {
  const [begun, filled] = ['begun', 'filled'].map((name) => join(folder, name)) as [string, string];
  for (const each of [begun, filled]) mkdirSync(each);
  const filling = (at: string, scale: string) => cpuOfBaton(at, 'demo', '--once', '--scale', scale);
  const start = filling(begun, '0.001');
  const whole = filling(filled, SCALE) - start;
  const { events, cpu: raw } = await appendsOf(filled);
  const mebibytes = mebibytesIn(join(filled, 'data'));
  const rounds = { start, whole, raw, events, mebibytes };
  return [
    {
      what: `CPU of the demo (${events} events, ${whole.toFixed(1)} s), its start left out, against appending these events (${raw.toFixed(1)} s)`,
      ratio: whole / raw,
      rounds,
    },
    {
      what: `disk of the demo against ${DISK_MIB} MiB (${mebibytes.toFixed(0)} MiB)`,
      ratio: mebibytes / DISK_MIB,
      rounds,
    },
    ...(await weeklyReview(join(filled, 'data'))),
  ];
};
