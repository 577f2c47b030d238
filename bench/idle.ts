import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOfBaton } from './import';
import { serverOf } from './overload';
import { cpuOf, type Benchmark } from './support';

const SECONDS = Number(process.env['BENCH_IDLE_SECONDS'] ?? 60);
/** What a start leaves to be done: after a minute, the head of what was recorded before is signed. */
const STARTED_MS = 75_000;
const AIMS = { share: 0.005, calls: 1 } as const;

/** A server over the demo's company that nobody asks, with what it starts. */
export const idle: Benchmark = async (folder) => {
  mkdirSync(folder, { recursive: true });
  cpuOfBaton(folder, 'demo', '--once', '--scale', '0.1');
  const main = join(__dirname, '..', 'apps', 'cli', 'main.js');
  const server = await serverOf(join(folder, 'data'), main, { preload: join(__dirname, 'store-reads.js') });
  const calls = async (): Promise<number> => {
    server.child.send('reads');
    const [reads] = (await once(server.child, 'message')) as [number];
    return reads;
  };
  try {
    await sleep(STARTED_MS);
    const before = { cpu: cpuOf(server.child.pid!), calls: await calls() };
    await sleep(SECONDS * 1000);
    const cpu = (cpuOf(server.child.pid!) - before.cpu) / SECONDS;
    const perSecond = ((await calls()) - before.calls) / SECONDS;
    const rounds = { seconds: SECONDS, cpu, perSecond };
    return [
      {
        what: `CPU of an idle server against ${100 * AIMS.share} % of a core (${(100 * cpu).toFixed(2)} %)`,
        ratio: cpu / AIMS.share,
        rounds,
      },
      {
        what: `reads of its stores against ${AIMS.calls} a second (${perSecond.toFixed(2)})`,
        ratio: perSecond / AIMS.calls,
        rounds,
      },
    ];
  } finally {
    await server.stop();
  }
};
