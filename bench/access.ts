import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import { ToLead } from '@baton/leads';
import { Access, AccessLog } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { serve } from '../apps/api/serve';
import type { ClientTask, ClientTimes } from './access-client';
import { inTurns, measured, median, ROUNDS, type Benchmark, type Figure } from './support';

const LEADS = 1_000;
/** Requests with the record, then as many without: so few that the machine is as fast for the one as for the other. */
const REQUESTS = 100;
const PAIRS = 20 * ROUNDS;
const WARM_UP = 10;
/** Answers that are appended together: about those of the three seconds after which the log appends what it deferred. */
const APPENDED = 1_200;
/** Until followers have handled an append, and have saved what follows from it. */
const FOLLOWED_MS = 1_500;
const QUERY = '{ leads(first: 50) { nodes { leadId stage company name email phone } } }';

/** CPU and waiting of one page, in milliseconds. */
type Page = Record<'cpu' | 'p50', number>;

const ask = async (client: ChildProcess, task: ClientTask): Promise<ClientTimes> => {
  client.send(task);
  return ((await once(client, 'message')) as [ClientTimes])[0];
};

/**
 * What it costs to record who was shown what: a page of 50 people by name, with the record against without, in turn on one
 * server. CPU is that of the server's process, the client's is not in it. What the log and its followers take for an append
 * of such records is measured by itself, and each page has its share of it.
 */
export const access: Benchmark = async (folder) => {
  const app = await serve(readConfig({ BATON_DATA_DIR: folder, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' }));
  const [runner, bus, accessLog] = [app.get(Runner), app.get(CommandBus), app.get(AccessLog)];
  for (let n = 0; n < LEADS; n++) {
    const data = { leadId: `l${n}`, name: `Ada ${n}`, email: `ada${n}@example.org`, phone: `+49 170 ${9_000_000 + n}` };
    const meta = { commandId: `c${n}`, actor: 'bench', origin: 'person' as const };
    await bus.execute(new ToLead(data.leadId, { type: 'CaptureLead', data: { ...data, company: 'Loom' }, meta }));
  }
  await runner.catchUp();
  const { token } = await app.get(Access).issue('bench', ['revops'], 'bench');
  const { port } = app.getHttpServer().address() as { readonly port: number };
  const client = fork(join(__dirname, 'access-client.js'));
  const ways = { on: accessLog.record, off: () => Promise.resolve() };
  const page = async (way: keyof typeof ways, requests: number, atOnce: number): Promise<Page> => {
    Object.assign(accessLog, { record: ways[way] });
    let p50 = 0;
    const { cpu } = await measured(async () => {
      ({ p50 } = await ask(client, { port, token, query: QUERY, requests, atOnce }));
    });
    return { cpu: (1_000 * cpu) / requests, p50 };
  };
  const appended = async (recorded: boolean): Promise<number> => {
    await page(recorded ? 'on' : 'off', APPENDED, 1);
    const { cpu } = await measured(async () => {
      await runner.waitForAll();
      await new Promise((resolve) => setTimeout(resolve, FOLLOWED_MS));
    });
    return (1_000 * cpu) / APPENDED;
  };
  const figures: Figure[] = [];
  for (const atOnce of [1, 16]) {
    const pairs = await inTurns(PAIRS, WARM_UP, (way) => page(way, REQUESTS, atOnce));
    const appends: number[] = [];
    for (let round = 0; round < ROUNDS; round++) appends.push((await appended(true)) - (await appended(false)));
    const share = { cpu: median(appends), p50: 0 };
    for (const what of ['cpu', 'p50'] as const) {
      const [on, off] = (['on', 'off'] as const).map((way) => median(pairs.map((taken) => taken[way][what])));
      const more = median(pairs.map((taken) => taken.on[what] / taken.off[what]));
      figures.push({
        what: `${what === 'cpu' ? 'CPU' : 'p50'} of a page of 50 people, ${atOnce} at once, recorded against not (${on!.toFixed(2)} and ${off!.toFixed(2)} ms${what === 'cpu' ? `, and ${share.cpu.toFixed(3)} to append it` : ''})`,
        ratio: more + share[what] / off!,
        rounds: { pairs, appends },
      });
    }
  }
  client.kill();
  await app.close();
  return figures;
};
