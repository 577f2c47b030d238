import { fromMs, type Clock } from '@baton/kernel';

/** One figure: what was compared, the ratio of the two in this run, and the raw rounds. */
export interface Figure {
  readonly what: string;
  readonly ratio: number;
  readonly rounds: unknown;
}
/** A benchmark: measures in a folder of its own and gives its figures. */
export type Benchmark = (folder: string) => Promise<readonly Figure[]>;

/** How often what is compared takes turns. */
export const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);

/** Says on standard error what could not be measured here. */
export const loud = (what: string): void => void process.stderr.write(`NOT MEASURED: ${what}\n`);

export const clock: Clock = { now: () => fromMs(Date.now()) };

export const median = (values: readonly number[]): number => quantile(values, 0.5);
/** @param share 0…1; the nearest value */
export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

/** CPU seconds and wall seconds of a piece of work. */
export const measured = async (work: () => Promise<unknown>) => {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1e3 };
};
