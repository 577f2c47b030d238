import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import { EventLog } from '@baton/kernel';
import { ToLead } from '@baton/leads';
import { Access, AccessLog } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { serve } from '../apps/api/serve';
import type { ClientTask, ClientTimes } from './access-client';
import { quantile, ROUNDS, type Benchmark, type Figure } from './support';

const LEADS = 1_000;
/** Requests of a round: about those of three seconds, after which what was recorded is appended. */
const REQUESTS = 1_200;
const ROUNDS_OF_WAY = 2 * ROUNDS;
/** Until followers have been told of what stood aside, and have saved it. */
const FOLLOWED_MS = 1_500;
const QUERY = '{ leads(first: 50) { nodes { leadId stage company name email phone } } }';

const ask = async (client: ChildProcess, task: ClientTask): Promise<ClientTimes> => {
  client.send(task);
  return ((await once(client, 'message')) as [ClientTimes])[0];
};

/**
 * What it costs to record who was shown what: a page of 50 people by name, with the record against without, on one
 * server. CPU is that of the server's process until its followers have taken the events, the client's is not in it; of the
 * rounds it is the lower quartile, because what else runs on the machine only adds to it.
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
  const recording = { on: accessLog.record, off: () => Promise.resolve() };
  const figures: Figure[] = [];
  for (const atOnce of [1, 16]) {
    const rounds: Record<'on' | 'off', ClientTimes & { readonly cpu: number }>[] = [];
    for (let round = 0; round <= ROUNDS_OF_WAY; round++) {
      const taken: Record<string, ClientTimes & { readonly cpu: number }> = {};
      for (const way of round % 2 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
        Object.assign(accessLog, { record: recording[way] });
        const before = process.cpuUsage();
        const times = await ask(client, { port, token, query: QUERY, requests: REQUESTS, atOnce });
        await runner.waitFor(await app.get(EventLog).tip());
        await new Promise((resolve) => setTimeout(resolve, FOLLOWED_MS));
        const { user, system } = process.cpuUsage(before);
        taken[way] = { ...times, cpu: (user + system) / 1_000 / REQUESTS };
      }
      if (round > 0) rounds.push(taken as (typeof rounds)[number]); // the first one warms up
    }
    const ms = (of: 'cpu' | 'p50', way: 'on' | 'off') =>
      quantile(
        rounds.map((taken) => taken[way][of]),
        0.25,
      );
    for (const what of ['cpu', 'p50'] as const)
      figures.push({
        what: `${what === 'cpu' ? 'CPU' : 'p50'} of a page of 50 people, ${atOnce} at once, recorded against not (${ms(what, 'on').toFixed(2)} and ${ms(what, 'off').toFixed(2)} ms)`,
        ratio: ms(what, 'on') / ms(what, 'off'),
        rounds,
      });
  }
  client.kill();
  await app.close();
  return figures;
};
