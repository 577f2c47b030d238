import { readFileSync } from 'node:fs';
import { fromMs, START, type Clock, type EventLog, type Journal } from '@baton/kernel';

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

/**
 * Two ways take turns, the first one being each time another, so often that the machine is as fast for both.
 * @param warmUp so many turns before, which do not count
 */
export const inTurns = async <T>(
  turns: number,
  warmUp: number,
  run: (way: 'on' | 'off') => Promise<T>,
): Promise<readonly Record<'on' | 'off', T>[]> => {
  const taken: Record<'on' | 'off', T>[] = [];
  for (let turn = -warmUp; turn < turns; turn++) {
    const first = turn % 2 === 0 ? await run('on') : undefined;
    const off = await run('off');
    const on = first ?? (await run('on'));
    if (turn >= 0) taken.push({ on, off });
  }
  return taken;
};

/** CPU seconds of a process and those that it has started, so far, as Linux counts them: in hundredths. */
export const cpuOf = (pid: number): number => {
  const stat = /\) \S(?: \S+){10} (\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return (Number(stat![1]) + Number(stat![2])) / 100 + children.reduce((sum, child) => sum + cpuOf(Number(child)), 0);
};

/** Reads and parses every event. @returns how many */
export const readAndParse = async (log: EventLog, journal: Pick<Journal, 'decode'>): Promise<number> => {
  let events = 0;
  for (let after = START, more = true; more;) {
    const page = await log.readAll(after, {}, 5000);
    for (const event of page.events) journal.decode(event);
    events += page.events.length;
    [after, more] = [page.position, !page.atTip];
  }
  return events;
};
