import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fromMs, Journal, type EventMeta } from '@baton/kernel';
import { readConfig } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { serve } from '../apps/api/serve';
import { serverOf, type Server } from './overload';
import { cpuOf, median, ROUNDS, type Benchmark, type Figure } from './support';

const SIZES = [...new Set([2_500, Number(process.env['BENCH_LEADS'] ?? 100_000)])];
/** Enough that a hundredth of a second, in which the system counts, does not matter. */
const REQUESTS = Number(process.env['BENCH_LIST_REQUESTS'] ?? 300);
/** After so many V8 has compiled what a request runs through, here and there. */
const WARM_UP = 3_000;
/** Appends at once. */
const IN_FLIGHT = 64;
const AIMS = { sealed: 3, attribution: 15 } as const;
const DAY = 86_400_000;
const BEGAN = Date.UTC(2024, 0, 1);

export const backfilled = (ms: number): Omit<EventMeta, 'schema'> => {
  const commandId = randomUUID();
  return {
    ...{ actor: 'bench', origin: 'system', mode: 'backfill', commandId, commandHash: '' },
    ...{ occurredAt: fromMs(ms), $correlationId: commandId, $causationId: commandId },
  };
};
const captured = (n: number, of: number) => {
  const leadId = `lead-${n}`;
  const data = { leadId, name: `Ada Example ${n}`, company: `Loom ${n % 997}`, source: `source ${n % 7}` };
  const event = {
    id: randomUUID(),
    type: 'LeadCaptured',
    data,
    meta: backfilled(BEGAN + Math.floor((n / of) * 300 * DAY)),
  };
  return { stream: `lead-${leadId}`, event };
};
const closed = (n: number, of: number) => {
  const journeyId = `deal-${n}`;
  const closedAt = BEGAN + Math.floor((n / of) * 300 * DAY) + 40 * DAY;
  const data = {
    ...{ journeyId, outcome: n % 3 === 0 ? 'lost' : 'won', closedAt: fromMs(closedAt) },
    ...{ openedAt: fromMs(closedAt - 30 * DAY), leadIds: [`lead-${n}`] },
    amounts: [{ at: fromMs(closedAt), amount: { minor: 10_000 + n * 7, currency: 'EUR' } }],
    touches: Array.from({ length: 1 + (n % 9) }, (_, place) => ({
      ...{ touchId: `touch-${n}-${place}`, occurredAt: fromMs(closedAt - (40 - 4 * place) * DAY), leadId: `lead-${n}` },
      ...{ action: 'page-view', team: 'marketing', channel: `channel ${(n + place) % 12}` },
    })),
  };
  const event = { id: randomUUID(), type: 'JourneyClosed', data, meta: backfilled(closedAt) };
  return { stream: `journey-${journeyId}`, event };
};

interface Appended {
  readonly stream: string;
  readonly event: Parameters<Journal['append']>[1][number];
}
/** A company whose read models are folded. @param all each lead or deal with its events; different ones are appended at once */
export const fillWith = async (folder: string, all: readonly (readonly Appended[])[]) => {
  const app = await serve(readConfig({ BATON_DATA_DIR: folder, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' }));
  const journal = app.get<Journal>(Journal);
  for (let from = 0; from < all.length; from += IN_FLIGHT)
    await Promise.all(
      all.slice(from, from + IN_FLIGHT).map(async (events) => {
        for (const stream of new Set(events.map((one) => one.stream)))
          await journal.append(
            stream,
            events.filter((one) => one.stream === stream).map(({ event }) => event),
            'none',
          );
      }),
    );
  await app.get(Runner).catchUp();
  await app.close();
};

const fill = (folder: string, { leads, deals }: { readonly leads: number; readonly deals: number }) =>
  fillWith(folder, [
    ...Array.from({ length: leads }, (_, n) => [captured(n, leads)]),
    ...Array.from({ length: deals }, (_, n) => [closed(n, deals)]),
  ]);

const QUERIES = {
  leads: '{ leads(first: 50) { nodes { leadId stage company source name } pageInfo { endCursor } } }',
  attribution: `{ attribution(model: LINEAR, by: CHANNEL) { rows { key conversions revenue { minor currency } } total { conversions } } }`,
} as const;
type Name = keyof typeof QUERIES;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
export const ask = (port: number, query: string, token?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    request({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode !== 200 || text.includes('"errors"')) reject(new Error(text));
        else resolve(text);
      });
    })
      .on('error', reject)
      .end(JSON.stringify({ query }));
  });

/** Fastify and Apollo alone, which give an answer of as many bytes from memory. */
export const bareServer = async (): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
  const child = fork(join(__dirname, 'bare-server.js'), { env: { ...process.env, NODE_ENV: 'production' } });
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
};

interface Row {
  readonly name: Name;
  readonly role: 'revops' | 'analyst';
}
const rows: Readonly<Record<string, Row>> = {
  sealed: { name: 'leads', role: 'analyst' },
  opened: { name: 'leads', role: 'revops' },
  attribution: { name: 'attribution', role: 'analyst' },
};
type Times = Record<keyof typeof rows, { own: number; bare: number }>;

const measure = async (server: Server, bare: { readonly child: ChildProcess; readonly port: number }) => {
  const token = { revops: server.tokens[0]!, analyst: server.tokens[1]! };
  const ms = async (pid: number, requests: number, work: () => Promise<unknown>): Promise<number> => {
    const before = cpuOf(pid);
    for (let n = 0; n < requests; n++) await work();
    return (1000 * (cpuOf(pid) - before)) / requests;
  };
  const rounds: Times[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const times: Times = {};
    const requests = round === 0 ? WARM_UP : REQUESTS;
    for (const [row, { name, role }] of Object.entries(rows)) {
      const answer = await ask(server.port, QUERIES[name], token[role]);
      bare.child.send({ query: QUERIES[name], answer });
      await once(bare.child, 'message');
      times[row] = {
        own: await ms(server.child.pid!, requests, () => ask(server.port, QUERIES[name], token[role])),
        bare: await ms(bare.child.pid!, requests, () => ask(bare.port, QUERIES[name].replaceAll(/\([^)]*\)/g, ''))),
      };
    }
    if (round > 0) rounds.push(times);
  }
  return rounds;
};

/** Lists and reports that a browser asks again and again, on a server in a process of its own. */
export const lists: Benchmark = async (folder) => {
  const main = join(__dirname, '..', 'apps', 'cli', 'main.js');
  const figures: Figure[] = [];
  for (const leads of SIZES) {
    const size = String(leads);
    const deals = leads / 10;
    await fill(join(folder, size), { leads, deals });
    const settings = { NODE_ENV: 'production' }; // as the image has it
    const server = await serverOf(join(folder, size), main, { keys: ['revops', 'analyst'], settings });
    const bare = await bareServer();
    try {
      const rounds = await measure(server, bare);
      const middle = (of: (times: Times) => number) => median(rounds.map(of));
      const own = (row: string) => middle((times) => times[row]!.own);
      const shown = (row: string) => `${own(row).toPrecision(3)} ms`;
      const against = (what: string, row: string): Figure => ({
        what: `${what} (${shown(row)}): rate against a bare query of equal bytes (${middle((times) => times[row]!.bare).toPrecision(3)} ms), by CPU`,
        ratio: middle((times) => times[row]!.bare / times[row]!.own),
        rounds,
      });
      const one = `50 of ${leads.toLocaleString('en')} leads`;
      figures.push(
        {
          what: `${one}, sealed (${shown('sealed')}) against ${AIMS.sealed} ms, CPU`,
          ratio: own('sealed') / AIMS.sealed,
          rounds,
        },
        {
          what: `${one}, opened (${shown('opened')}) against sealed, CPU`,
          ratio: own('opened') / own('sealed'),
          rounds: [],
        },
        against(`${one}, sealed`, 'sealed'),
        against(`attribution by channel over ${deals.toLocaleString('en')} deals`, 'attribution'),
        {
          what: `the same (${shown('attribution')}) against ${AIMS.attribution} ms, CPU`,
          ratio: own('attribution') / AIMS.attribution,
          rounds: [],
        },
      );
    } finally {
      bare.child.kill();
      await server.stop();
    }
  }
  return figures;
};
