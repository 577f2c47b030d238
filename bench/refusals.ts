import { Access } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { serve } from '../apps/api/serve';
import { abuses, send, type Abuse } from './abuse';
import { median, type Benchmark } from './support';

/** The first calls of a process are interpreted; a server that runs has compiled them. */
const WARM_UP = 10;
const REPEATS = 25;
const [CPU_MS, HEAP_MB] = [10, 5];
const EMPTY: Abuse = { what: 'an empty query', code: '', body: '{"query":"{ __typename }"}' };

interface Cost {
  readonly what: string;
  readonly cpuMs: number;
  readonly heapMb: number;
}

/** What it costs to refuse each kind of abuse; the client works in the same process, so its share is in the figures. */
export const refusals: Benchmark = async (folder) => {
  const app = await serve(readConfig({ BATON_DATA_DIR: folder, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' }));
  const { port } = app.getHttpServer().address() as { readonly port: number };
  const authorization = `Bearer ${(await app.get(Access).issue('bench', ['admin'], 'bench')).token}`;
  const asked = [EMPTY, ...abuses];
  const costs = new Map(asked.map(({ what }) => [what, [] as Cost[]]));
  for (let round = -WARM_UP; round < REPEATS; round++)
    for (const abuse of asked) {
      const [cpu, held] = [process.cpuUsage(), process.memoryUsage().heapUsed];
      const { body } = await send(port, { ...abuse, headers: { authorization, ...abuse.headers } });
      const { user, system } = process.cpuUsage(cpu);
      const heapMb = (process.memoryUsage().heapUsed - held) / 2 ** 20;
      const code = body.errors?.[0]?.extensions.code ?? '';
      if (code !== abuse.code) throw new Error(`${abuse.what}: ${code} in place of ${abuse.code}`);
      if (round >= 0) costs.get(abuse.what)!.push({ what: abuse.what, cpuMs: (user + system) / 1000, heapMb });
    }
  await app.close();
  const figures = asked.map(({ what }): Cost => {
    const of = (figure: 'cpuMs' | 'heapMb') => median(costs.get(what)!.map((cost) => cost[figure]));
    return { what, cpuMs: of('cpuMs'), heapMb: of('heapMb') };
  });
  const [empty, ...refused] = figures as [Cost, ...Cost[]];
  const dearest = (figure: 'cpuMs' | 'heapMb') => refused.reduce((a, b) => (b[figure] > a[figure] ? b : a));
  const [cpu, heap] = [dearest('cpuMs'), dearest('heapMb')];
  return [
    {
      what: `CPU of the dearest of ${refused.length} refusals against ${CPU_MS} ms (${cpu.what}, ${cpu.cpuMs.toFixed(1)} ms)`,
      ratio: cpu.cpuMs / CPU_MS,
      rounds: refused,
    },
    {
      what: `memory of the dearest refusal against ${HEAP_MB} MB (${heap.what}, ${heap.heapMb.toFixed(2)} MB)`,
      ratio: heap.heapMb / HEAP_MB,
      rounds: [],
    },
    {
      what: `CPU of a refusal, the middle one, against an empty query that is answered (${empty.cpuMs.toFixed(1)} ms)`,
      ratio: median(refused.map(({ cpuMs }) => cpuMs)) / empty.cpuMs,
      rounds: [],
    },
  ];
};
