import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '@baton/kernel';
import { Access } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { serve } from '../apps/api/serve';
import { Flood, type Measured, type Target } from './flood';
import { median, ROUNDS, type Benchmark } from './support';

const CALLERS = 4;
const CONNECTIONS = 3_000;
const TIMES = 10;
/** Requests in flight among which the peak is looked for. */
const IN_FLIGHT = [16, 64, 128];
/** What is taken on is a fraction of a second of work. */
export const MAX_IN_FLIGHT = 128;
export const MEMORY = 512;
/** MiB. Without a limit V8 lets garbage grow with the memory of the machine; with it a server that keeps more dies. */
export const HEAP = 320;
const MS = 4_000;

/** What Linux says of a process; empty elsewhere. */
const read = (pid: number | undefined, name: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
};

export interface Server extends Target {
  readonly child: ChildProcess;
  /** MiB that the process held at most so far; NaN where the system does not tell. */
  memory(): number;
  stop(): Promise<void>;
}
interface Options {
  /** What each caller may do; there is a key for each. */
  readonly keys?: readonly Role[];
  /** By default few requests are taken on at once, much less than all of a load. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A compiled file that the server runs first; it is connected with this process. */
  readonly preload?: string;
}
const few = Array.from({ length: CALLERS }, (): Role => 'revops');
/**
 * A server in a process of its own, with keys of several callers.
 * @param main the compiled command line
 */
export const serverOf = async (
  folder: string,
  main: string,
  { keys = few, settings: more, preload }: Options = {},
): Promise<Server> => {
  const settings = {
    BATON_DATA_DIR: folder,
    BATON_PORT: '0',
    BATON_LOG_LEVEL: 'silent',
    BATON_MAX_IN_FLIGHT: String(MAX_IN_FLIGHT),
    ...more,
  };
  const app = await serve(readConfig(settings));
  const tokens: string[] = [];
  for (const [n, role] of keys.entries())
    tokens.push((await app.get(Access).issue(`caller-${n}`, [role], 'flood')).token);
  await app.close();
  const env = { ...process.env, BATON_EVENTSTORE_URL: '', BATON_MONGODB_URL: '', ...settings };
  const first = preload ? ['--require', preload] : [];
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, ...first, main, 'start', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', preload ? 'ipc' : 'ignore'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const ended = once(child, 'exit');
  const [told] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [Buffer | number];
  if (typeof told === 'number') throw new Error(`the server ended with ${told}`);
  const { port } = new URL((JSON.parse(told.toString()) as { readonly url: string }).url);
  return {
    child,
    tokens,
    port: Number(port),
    memory: () => Number(/VmHWM:\s+(\d+) kB/.exec(read(child.pid, 'status'))?.[1]) / 1024,
    cpu: () => {
      const [, user, system] = /\) \S(?: \S+){10} (\d+) (\d+)/.exec(read(child.pid, 'stat')) ?? [];
      return (Number(user) + Number(system)) / 100;
    },
    stop: async () => {
      process.off('exit', end);
      child.kill('SIGTERM');
      await ended;
    },
  };
};

/** Accepted mutations a second, and a CPU second of the server, at the best number in flight and at ten times as much. */
export interface Round {
  readonly peak: number;
  readonly goodput: number;
  readonly peakPerCpu: number;
  readonly goodputPerCpu: number;
  /** Requests sent a second, and of them refused. */
  readonly offered: number;
  readonly refused: number;
}
/** @throws Error when anything was answered otherwise than by acceptance, or a refusal that says when to come again */
export const sound = (told: Measured): Measured => {
  const { broken, others } = told;
  if (others.length + broken > 0) throw new Error(`${broken} without an answer, ${others.slice(0, 3).join('; ')}`);
  return told;
};

/**
 * Looks for the peak and offers ten times as much, in turn.
 * @param ms of each measurement
 */
export const overloaded = async (flood: Flood, rounds: number, ms: number): Promise<Round[]> => {
  const figures: Round[] = [];
  for (let round = 0; round <= rounds; round++) {
    const peaks: Measured[] = [];
    for (const count of IN_FLIGHT) peaks.push(sound(await flood.inFlight(count, ms)));
    const peak = Math.max(...peaks.map(({ accepted, seconds }) => accepted / seconds));
    const { accepted, seconds, cpu, sent, refused } = sound(await flood.offer(TIMES * peak, ms));
    if (round === 0) continue; // it warms up
    figures.push({
      peak,
      goodput: accepted / seconds,
      peakPerCpu: Math.max(...peaks.map((one) => one.accepted / one.cpu)),
      goodputPerCpu: accepted / cpu,
      offered: sent / seconds,
      refused: refused / seconds,
    });
  }
  return figures;
};

/** What a server still gets done when ten times as much is asked as it can do, and how much memory that takes. */
export const overload: Benchmark = async (folder) => {
  const server = await serverOf(folder, join(__dirname, '..', 'apps', 'cli', 'main.js'));
  const flood = await Flood.connect(server, CONNECTIONS);
  const rounds = await overloaded(flood, ROUNDS, MS);
  flood.close();
  const memory = server.memory();
  await server.stop();
  const mid = (of: keyof Round) => median(rounds.map((round) => round[of])).toFixed(0);
  const figures = [
    {
      what: `accepted mutations a second at ${TIMES} times the load against the peak (${mid('goodput')} and ${mid('peak')}; sent ${mid('offered')}, refused ${mid('refused')})`,
      ratio: median(rounds.map(({ goodput, peak }) => goodput / peak)),
      rounds,
    },
    {
      what: `the same for each CPU second of the server (${mid('goodputPerCpu')} and ${mid('peakPerCpu')})`,
      ratio: median(rounds.map(({ goodputPerCpu, peakPerCpu }) => goodputPerCpu / peakPerCpu)),
      rounds: [],
    },
    { what: `memory of that server against ${MEMORY} MiB`, ratio: memory / MEMORY, rounds: [] },
  ];
  return figures.filter(({ ratio }) => !Number.isNaN(ratio));
};
