import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { appendsOf, cpuOfBaton, mebibytesIn } from './import';
import type { Benchmark } from './support';

const SCALE = process.env['BENCH_DEMO_SCALE'] ?? '1';
const DISK_MIB = 60;

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
  ];
};
