import { readConfig } from '@baton/platform/config';
import { Access } from '@baton/platform/access';
import { serve } from '../apps/api/serve';
import { median, quantile, type Benchmark } from './support';

const REQUESTS = 300;
const ROUNDS = 5;

/** GraphQL requests against an empty one (`{ __typename }`) on the same server in the same run. */
export const graphql: Benchmark = async (folder) => {
  const app = await serve(
    readConfig({ BATON_DATA_DIR: `${folder}/graphql`, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' }),
  );
  const url = `${(await app.getUrl()).replace('[::1]', '127.0.0.1')}/graphql`;
  const { token } = await app.get(Access).issue('bench', ['revops'], 'bench');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  let n = 0;
  const requests: Record<string, () => string> = {
    empty: () => '{ __typename }',
    mutation: () =>
      `mutation { captureLead(commandId: "bench-${n++}", input: { company: "Loom" }) { ... on Accepted { id } } }`,
    query: () => '{ leads(first: 50) { totalCount edges { node { leadId stage company } } } }',
  };
  const ask = async (query: string): Promise<number> => {
    const begin = performance.now();
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
    const { errors } = (await response.json()) as { errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return performance.now() - begin;
  };
  const rounds: Record<string, { p50: number; p99: number }>[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const figures: Record<string, { p50: number; p99: number }> = {};
    for (const [name, query] of Object.entries(requests)) {
      const times = [];
      for (let i = 0; i < REQUESTS; i++) times.push(await ask(query()));
      figures[name] = { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
    }
    if (round > 0) rounds.push(figures); // the first one warms up
  }
  await app.close();
  return ['mutation', 'query'].map((name) => ({
    what: `GraphQL ${name} against an empty query, p50 (${median(rounds.map((r) => r[name]!.p50)).toFixed(2)} ms, p99 ${median(rounds.map((r) => r[name]!.p99)).toFixed(2)} ms)`,
    ratio: median(rounds.map((figures) => figures[name]!.p50 / figures['empty']!.p50)),
    rounds,
  }));
};
