import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { ask, backfilled, bareServer, fillWith } from './lists';
import { serverOf, type Server } from './overload';
import { stageFigures } from './stage-figures';
import { cpuOf, median, quantile, type Benchmark, type Figure } from './support';

const LEADS = Number(process.env['BENCH_LEADS'] ?? 100_000);
const REQUESTS = Number(process.env['BENCH_FIGURE_REQUESTS'] ?? 60);
const DAY = 86_400_000;
const BEGAN = Date.UTC(2024, 0, 1);

/** A lead that goes on from stage to stage, fewer to each, and of every tenth a deal. */
const lifeOf = (n: number) => {
  const [leadId, began] = [`lead-${n}`, BEGAN + Math.floor((n / LEADS) * 300 * DAY)];
  const events: { readonly stream: string; readonly event: ReturnType<typeof eventOf> }[] = [];
  const eventOf = (type: string, day: number, data: object) => {
    return { id: randomUUID(), type, data, meta: backfilled(began + day * DAY) };
  };
  const lead = (type: string, day: number, data: object = {}) =>
    events.push({ stream: `lead-${leadId}`, event: eventOf(type, day, { leadId, ...data }) });
  const opportunityId = `deal-${n}`;
  const deal = (type: string, day: number, data: object = {}) =>
    events.push({ stream: `opportunity-${opportunityId}`, event: eventOf(type, day, { opportunityId, ...data }) });
  const definition = 'mql@1';
  lead('LeadCaptured', 0, { source: `source ${n % 7}`, company: `Loom ${n % 997}` });
  lead('TouchRecorded', 0, { action: 'page-view', team: 'marketing', source: `source ${n % 7}` });
  if (n % 2 === 0) lead('LeadQualified', 1 + (n % 9), { definition });
  if (n % 4 === 0) lead('LeadHandedOff', 10 + (n % 5), { definition, rep: `rep ${n % 30}`, count: 1 });
  if (n % 10 !== 0) return events;
  deal('OpportunityOpened', 16, {
    ...{ stage: 'Demo', owner: `rep ${n % 30}`, product: `product ${n % 5}`, account: `Loom ${n % 997}` },
    amount: { minor: 10_000 + n * 7, currency: 'EUR' },
  });
  deal('ContactRoleAdded', 16, { leadId });
  if (n % 20 === 0) deal('OpportunityStageMoved', 20 + (n % 20), { from: 'Demo', to: 'Offer' });
  if (n % 30 === 0) deal('OpportunityWon', 40 + (n % 11), { leadIds: [leadId] });
  else if (n % 30 === 10) deal('OpportunityLost', 40, { leadIds: [leadId], reason: 'price' });
  return events;
};

const VALUE = '{ value numerator denominator support open }';
const figureQuery = (code: string) =>
  `{ figures(codes: [${code}]) { from to complete figures { code unit total { value numerator denominator support open missing } } } }`;
const reports: Readonly<Record<string, string>> = {
  funnel: `{ funnel(steps: ["lead", "mql", "handed-off", "sql", "customer"], window: "P90D") { steps { name entered ${VALUE} rate ${VALUE} median ${VALUE} } bottleneck } }`,
  stageConversions: `{ stageConversions { pairs { from to converted ended open rate ${VALUE} } } }`,
  timeInStage: `{ timeInStage(over: DEALS) { stages { stage entered ${VALUE} median ${VALUE} p90 ${VALUE} histogram { from count } } } }`,
  journeyLegs: `{ journeyLegs { journey { mean ${VALUE} } legs { begins mean ${VALUE} median ${VALUE} } } }`,
  speedToLead: `{ speedToLead { rows { answered handoffs ${VALUE} contacted ${VALUE} } } }`,
  processView: `{ processView { variantCount variants { variant paths ${VALUE} } transitions { transition transitions ${VALUE} } } }`,
};
/** The same without arguments, which the bare server does not have. */
const bareOf = (query: string): string => query.replaceAll(/\([^)]*\)/g, '');

interface Times {
  readonly cpu: { readonly own: number; readonly bare: number };
  /** Milliseconds of the wall clock of each request. */
  readonly own: readonly number[];
  readonly bare: readonly number[];
}
type Bare = Awaited<ReturnType<typeof bareServer>>;
/** Asked again and again, as a dashboard does; or anew, so that no answer of a moment ago is given again. */
type Asked = 'again' | 'anew';
export const measure = async (
  query: string,
  server: Server,
  { child, port }: Bare,
  asked: Asked = 'again',
): Promise<Times> => {
  const token = server.tokens[0]!;
  const answer = await ask(server.port, query, token);
  let count = 0;
  const question = () => (asked === 'anew' ? `${query} # ${count++}` : query);
  child.send({ query, answer });
  await once(child, 'message');
  const [own, bare]: [number[], number[]] = [[], []];
  const timed = async (times: number[], work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  };
  const cpu = () => ({ own: cpuOf(server.child.pid!), bare: cpuOf(child.pid!) });
  let before = cpu();
  // In turn, so that whatever else the machine does meets both.
  for (let n = -REQUESTS / 4; n < REQUESTS; n++) {
    if (n === 0) before = cpu();
    await timed(own, () => ask(server.port, question(), token));
    await timed(bare, () => ask(port, bareOf(query)));
  }
  const after = cpu();
  const ms = (of: 'own' | 'bare') => (1000 * (after[of] - before[of])) / REQUESTS;
  return { own: own.slice(-REQUESTS), bare: bare.slice(-REQUESTS), cpu: { own: ms('own'), bare: ms('bare') } };
};

export const shown = (times: readonly number[]) =>
  `p50 ${quantile(times, 0.5).toPrecision(3)} ms, p99 ${quantile(times, 0.99).toPrecision(3)} ms`;
export const ratioOf = ({ own, bare }: Times): number => median(bare) / median(own);
const row = (what: string, times: Times): Figure => ({
  what: `${what} (${shown(times.own)}): rate against a bare query of equal bytes (${shown(times.bare)}); by CPU ${(times.cpu.bare / times.cpu.own).toFixed(2)}`,
  ratio: ratioOf(times),
  rounds: times,
});

/** Each figure and each report of figures from kept columns, on a server in a process of its own. */
const served = async (folder: string): Promise<readonly Figure[]> => {
  await fillWith(
    folder,
    Array.from({ length: LEADS }, (_, n) => lifeOf(n)),
  );
  const main = join(__dirname, '..', 'apps', 'cli', 'main.js');
  const server = await serverOf(folder, main, { keys: ['analyst'], settings: { NODE_ENV: 'production' } });
  const bare = await bareServer();
  try {
    const catalogue = JSON.parse(await ask(server.port, '{ figureCatalogue { code } }', server.tokens[0]!)) as {
      readonly data: { readonly figureCatalogue: readonly { readonly code: string }[] };
    };
    const codes = catalogue.data.figureCatalogue.map(({ code }) => code);
    const whole = `over ${LEADS.toLocaleString('en')} leads and ${(LEADS / 10).toLocaleString('en')} deals`;
    const rows: Figure[] = [];
    for (const asked of ['again', 'anew'] as const) {
      const each = new Map<string, Times>();
      for (const code of codes) each.set(code, await measure(figureQuery(code), server, bare, asked));
      const sorted = [...each].sort(([, a], [, b]) => ratioOf(a) - ratioOf(b));
      const [middle] = sorted.slice(Math.floor(sorted.length / 2));
      rows.push(
        row(`asked ${asked}: the middle one of ${sorted.length} figures, ${middle![0]}, ${whole}`, middle![1]),
        ...sorted.slice(0, 3).map(([code, times]) => row(`asked ${asked}: one of the slowest, ${code}`, times)),
        {
          what: `asked ${asked}: figures that are as fast as half a bare query, of all`,
          ratio: sorted.filter(([, times]) => ratioOf(times) >= 0.5).length / sorted.length,
          rounds: Object.fromEntries(each),
        },
      );
      for (const [name, query] of Object.entries(reports))
        rows.push(row(`asked ${asked}: ${name}`, await measure(query, server, bare, asked)));
    }
    return rows;
  } finally {
    bare.child.kill();
    await server.stop();
  }
};

/** The figures of both teams: from a server, and over many stage events. */
export const figures: Benchmark = async (folder) => [
  ...(await served(join(folder, 'company'))),
  ...(await stageFigures(folder)),
];
