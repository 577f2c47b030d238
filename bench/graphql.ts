import { Agent, request } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Access } from '@baton/platform/access';
import { readConfig, type Config } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { apiModule } from '../apps/api/api.module';
import { serve } from '../apps/api/serve';
import { BatonModule } from '../apps/baton.module';
import { median, quantile, ROUNDS, type Benchmark } from './support';

const REQUESTS = 300;

type Ask = (query: string) => Promise<number>;
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** The same application, without what `serve` puts before GraphQL: no limits, no admission, no bound on requests. */
const unguarded = async (config: Config): Promise<NestFastifyApplication> => {
  const app = await NestFactory.create<NestFastifyApplication>(
    BatonModule.forRoot(config, { mayCreateStore: true, edge: [apiModule(config)] }),
    new FastifyAdapter(),
    { logger: false },
  );
  await app.init();
  await app.get(Runner).start();
  await app.listen(config.port, config.host);
  return app;
};

/** @returns a client with one kept connection: it gives the milliseconds from sending to the whole answer */
const clientOf = async (app: NestFastifyApplication): Promise<Ask> => {
  const { port } = app.getHttpServer().address() as { readonly port: number };
  const { token } = await app.get(Access).issue('bench', ['revops'], 'bench');
  const options = {
    host: '127.0.0.1',
    port,
    path: '/graphql',
    method: 'POST',
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  };
  return (query) =>
    new Promise((resolve, reject) => {
      const begin = performance.now();
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const ms = performance.now() - begin;
          const text = Buffer.concat(chunks).toString();
          const { data, errors } = JSON.parse(text) as { data?: Record<string, { code?: string }>; errors?: unknown };
          if (errors || data?.['captureLead']?.code) reject(new Error(text));
          else resolve(ms);
        });
      });
      sent.on('error', reject).end(JSON.stringify({ query }));
    });
};

/**
 * GraphQL requests against an empty one (`{ __typename }`) on the same server in the same run, one at a time; and the
 * server with its guards against the same one without them.
 */
export const graphql: Benchmark = async (folder) => {
  const config = (name: string) =>
    readConfig({ BATON_DATA_DIR: `${folder}/${name}`, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' });
  const servers = { on: await serve(config('on')), off: await unguarded(config('off')) };
  const clients = { on: await clientOf(servers.on), off: await clientOf(servers.off) };
  let n = 0;
  const requests = {
    empty: () => '{ __typename }',
    mutation: () =>
      `mutation { captureLead(commandId: "bench-${n++}", input: { company: "Loom" }) { ... on Accepted { id } ... on Refused { code } } }`,
    query: () => '{ leads(first: 50) { totalCount edges { node { leadId stage company } } } }',
  };
  type Row = Record<keyof typeof requests, Latency>;
  const rounds: Record<keyof typeof clients, Row>[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const figures: Record<string, Record<string, Latency>> = { on: {}, off: {} };
    for (const [name, query] of Object.entries(requests))
      for (const [guards, ask] of Object.entries(clients)) {
        const times = [];
        for (let i = 0; i < REQUESTS; i++) times.push(await ask(query()));
        figures[guards]![name] = { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
      }
    if (round > 0) rounds.push(figures as (typeof rounds)[number]); // the first one warms up
  }
  for (const app of Object.values(servers)) await app.close();
  const ms = (of: (round: (typeof rounds)[number]) => number) => median(rounds.map(of)).toFixed(2);
  const against = (['mutation', 'query'] as const).flatMap((name) =>
    (['on', 'off'] as const).map((guards) => ({
      what: `GraphQL ${name} against an empty query, guards ${guards}, p50 (${ms((r) => r[guards][name].p50)} ms, p99 ${ms((r) => r[guards][name].p99)} ms; empty ${ms((r) => r[guards].empty.p50)} and ${ms((r) => r[guards].empty.p99)})`,
      ratio: median(rounds.map((figures) => figures[guards][name].p50 / figures[guards].empty.p50)),
      rounds,
    })),
  );
  const cost = (['empty', 'mutation', 'query'] as const).map((name) => ({
    what: `what the guards cost: p50 of ${name} with them against without`,
    ratio: median(rounds.map(({ on, off }) => on[name].p50 / off[name].p50)),
    rounds: [],
  }));
  return [...against, ...cost];
};
