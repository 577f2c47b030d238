import { execFile } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { roles, type Role } from '@baton/kernel';
import { Admission, costOf, LARGE_ANSWER_FIELDS, limits } from '@baton/platform/graphql';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
} from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { MEMORY, serverOf, type Server } from './overload';
import { median, type Benchmark, type Figure } from './support';

const root = join(__dirname, '..', '..');
const SCALE = process.env['BENCH_COST_SCALE'] ?? '0.5';
const [SETTLE_MS, IDLE_MS, ROLE_MS] = [3_000, 5_000, 12_000];
/** How much later than at rest the event loop may come to whoever waits for it. */
const LATER_MS = 50;
/** Of one caller at the same time: for other processes, as many as may wait, and for the event loop. */
const [HEAVY_AT_ONCE, AT_ONCE] = [4, 64];
/** The dearest queries of the event loop that a role sends in turn. */
const DEAREST = 8;
const WAITERS = 64;
const [IDLERS, OPEN_AT_ONCE] = [5_000, 100];
const NEWCOMERS = 20;
/** As many requests as by default, and heavy questions that spend their time within the window of a role. */
const settings = { BATON_MAX_IN_FLIGHT: '512', BATON_QUERY_SECONDS: '5' };

type Schema = ReturnType<typeof buildSchema>;
type Field = GraphQLField<unknown, unknown>;

/** Sends queries, and counts what they are answered with. */
class Asker {
  readonly answers: Record<string, number> = {};
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly port: number) {}

  /** @returns the answer as text, and its code: `answer`, or that of its first error */
  async ask(token: string, query: string, signal?: AbortSignal): Promise<{ code: string; text: string }> {
    const { text, status } = await this.send('/graphql', signal, JSON.stringify({ query }), token);
    const failed = status !== 200 || /"errors":\[\{/.test(text);
    const first = failed
      ? (JSON.parse(text) as { errors?: { extensions: { code: string } }[] }).errors?.[0]
      : undefined;
    const code = failed ? (first?.extensions.code ?? `http/${status}`) : 'answer';
    this.answers[code] = (this.answers[code] ?? 0) + 1;
    return { code, text };
  }

  async get(path: string): Promise<string> {
    return (await this.send(path)).text;
  }

  close(): void {
    this.agent.destroy();
  }

  private send(path: string, signal?: AbortSignal, body?: string, token?: string) {
    return new Promise<{ text: string; status: number }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const options = { host: '127.0.0.1', port: this.port, path, agent: this.agent, ...(signal && { signal }) };
      const sent = request({ ...options, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ text: Buffer.concat(chunks).toString(), status: response.statusCode! }));
      });
      sent.on('error', reject).end(body);
    });
  }
}

/** How late the event loop of the server came to whoever waited for it, in ms, and what it held at most, in MiB. */
interface Held {
  readonly p99: number;
  readonly max: number;
  readonly memory: number;
}
class Watch {
  constructor(
    private readonly server: Server,
    private readonly asker: Asker,
  ) {}

  async during(work: () => Promise<unknown>): Promise<Held> {
    await this.delay();
    try {
      writeFileSync(`/proc/${this.server.child.pid}/clear_refs`, '5'); // the highest memory counts from here
    } catch {
      // then it counts from the start of the process
    }
    await work();
    return { ...(await this.delay()), memory: this.server.memory() };
  }

  /** Since it was asked before; the histogram of the process begins anew with every look. */
  private async delay() {
    const text = await this.asker.get('/metrics');
    const of = (name: string) =>
      Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)`, 'm').exec(text)?.[1]) * 1000;
    return { p99: of('p99'), max: of('max') };
  }

  async heavy(): Promise<number> {
    const text = await this.asker.get('/metrics');
    return [...text.matchAll(/^baton_heavy_questions_total\{[^}]*\} (\d+)/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  }

  /** Reads of the event loop in its stores so far. */
  async reads(): Promise<number> {
    this.server.child.send('reads');
    return ((await once(this.server.child, 'message')) as [number])[0];
  }
}

/** Whose history is long: what arguments name that must be there. */
interface Known {
  readonly subject: string;
  readonly leadId: string;
  readonly opportunityId: string;
}
const valueOf = (name: string, type: GraphQLNamedType, known: Known): string => {
  if (isEnumType(type)) return type.getValues()[0]!.name;
  const given: Record<string, string> = {
    subject: known.subject,
    stream: known.subject,
    leadId: known.leadId,
    opportunityId: known.opportunityId,
    journeyId: known.opportunityId,
  };
  if (type.name === 'Int') return name === 'before' ? '1' : '2';
  if (name === 'models') return '[LINEAR]';
  if (name.startsWith('period') && type.name === 'PeriodInput') return '{}';
  if (name === 'input') return '{ policy: "sla-policy@1" }';
  return JSON.stringify(given[name] ?? 'x');
};
const argumentsOf = ({ args }: Field, known: Known, more: Readonly<Record<string, string>>): string => {
  const given = Object.fromEntries(
    args.filter(isRequiredArgument).map(({ name, type }) => {
      const value = valueOf(name, getNamedType(type), known);
      return [name, isEnumType(getNamedType(type)) && String(type).startsWith('[') ? `[${value}]` : value];
    }),
  );
  const all = Object.entries({ ...given, ...more });
  return all.length > 0 ? `(${all.map(([name, value]) => `${name}: ${value}`).join(', ')})` : '';
};

/** Every field of a type that needs no argument, inside one another as deep as is allowed. */
const fieldsOf = (type: GraphQLNamedType, depth: number, within: readonly string[] = []): string => {
  if (!isObjectType(type)) return '{ __typename }';
  const parts = Object.values(type.getFields()).flatMap((field): string[] => {
    const inner = getNamedType(field.type);
    if (field.args.some(isRequiredArgument)) return [];
    if (isLeafType(inner)) return [field.name];
    if (depth === 0 || within.includes(inner.name) || !isObjectType(inner)) return [];
    const selected = fieldsOf(inner, depth - 1, [...within, type.name]);
    return selected === '{  }' ? [] : [`${field.name} ${selected}`];
  });
  return `{ ${parts.join(' ')} }`;
};
const leafOf = (type: GraphQLNamedType): string => {
  if (isLeafType(type)) return '';
  const fields = Object.values((type as GraphQLObjectType).getFields()).filter(
    ({ args }) => !args.some(isRequiredArgument),
  );
  const leaf = fields.find(({ type }) => isLeafType(getNamedType(type)));
  return leaf ? `{ ${leaf.name} }` : `{ ${fields[0]!.name} ${leafOf(getNamedType(fields[0]!.type))} }`;
};

interface Candidate {
  readonly what: string;
  readonly query: string;
}
/** The largest query of each shape that limits let pass: as many times, and with pages as long, as goes. */
const shapesOf = (schema: Schema, known: Known): Candidate[][] =>
  Object.values(schema.getQueryType()!.getFields()).flatMap((field) => {
    const type = getNamedType(field.type);
    const isList = field.args.some(({ name }) => name === 'first');
    const firsts = isList ? (field.name === 'events' ? [2_000, 500, 100] : [500, 250, 100, 50]) : [0];
    const wide = type.name.endsWith('Connection') ? '{ totalCount edges { cursor } }' : leafOf(type);
    const full = [8, 6, 4, 3, 2, 1].map((depth) => (isLeafType(type) ? '' : fieldsOf(type, depth)));
    const asked = (selection: string, times: number, first: number) => {
      const one = argumentsOf(field, known, first ? { first: String(first) } : {});
      const query = Array.from({ length: times }, (_, n) => `a${n}: ${field.name}${one} ${selection}`).join('\n');
      return { what: `${times} × ${field.name}${first ? `(first: ${first})` : ''}`, query: `{ ${query} }` };
    };
    const times = [20, 10, 5, 2, 1];
    const most = (selections: readonly string[]): Candidate[] =>
      firsts.flatMap((first) =>
        [...new Set(selections)].flatMap((selection) => times.map((count) => asked(selection, count, first))),
      );
    return [
      most(full).map(({ what, query }) => ({ what: `${what} in full`, query })),
      most([wide]).map(({ what, query }) => ({ what: `${what} in short`, query })),
    ];
  });

/** What takes as long as a question may, or as much memory, in a process of its own: never the same twice. */
const heavyOf = (known: Known): ((n: number) => string)[] => {
  const asOf = (n: number) => `asOf: { happenedBy: "2024-0${1 + (n % 6)}-${10 + (n % 18)}T0${n % 10}:00:00Z" }`;
  const often = (count: number, one: (n: number) => string) =>
    `{ ${Array.from({ length: count }, (_, n) => `a${n}: ${one(n)}`).join(' ')} }`;
  const markov = (n: number) =>
    `attribution(model: MARKOV, order: 4, bootstrap: 200, seed: ${n}) { total { conversions } rows { key interval { low high } } transitions { count } }`;
  const shapley = (n: number) =>
    `attribution(model: SHAPLEY, bootstrap: 200, seed: ${n}, repeats: KEEP_REPEATS, includeOpen: true) { rows { key standardError } }`;
  return [
    (n) => `{ ${markov(n)} }`,
    (n) => often(limits.rootFields.max, (m) => `leads(first: 500, ${asOf(n + m)}) { totalCount edges { cursor } }`),
    (n) => `{ ${shapley(n)} }`,
    (n) => often(limits.rootFields.max, (m) => markov(n * 20 + m).replace(/transitions.*/, '}')),
    (n) =>
      `{ slaCounterfactual(input: { policy: "sla-policy@1", from: "2023-01-${10 + (n % 9)}T00:00:00Z" }) { __typename } }`,
    (n) => often(limits.rootFields.max, (m) => `paths(top: 100, lookback: "P${n + m + 1}D") { __typename }`),
    (n) =>
      often(
        2, // more of them are refused: an answer has at most 50,000 fields
        (m) =>
          `caseFile(subject: "${known.subject}", first: 500, ${asOf(n + m)}) { totalCount edges { node { type changes { field after } } } }`,
      ),
  ];
};

/** @throws Error of any answer that is not expected */
const only = (answers: Readonly<Record<string, number>>, ...expected: readonly string[]) => {
  const others = Object.entries(answers).filter(([code]) => !expected.includes(code));
  if (others.length > 0) throw new Error(`answered otherwise: ${JSON.stringify(Object.fromEntries(others))}`);
  return answers;
};
const isAbort = (error: unknown): boolean => (error as Error).name === 'AbortError';

/** Sends so many at once from one key for a while, each again when its answer is there; then leaves. */
const attack = async (
  port: number,
  token: string,
  lines: readonly { readonly count: number; readonly query: (n: number) => string }[],
  ms: number,
): Promise<Record<string, number>> => {
  const asker = new Asker(port);
  const leave = new AbortController();
  setMaxListeners(0, leave.signal);
  const timer = setTimeout(() => leave.abort(), ms);
  let n = 0;
  const one = async (query: (n: number) => string) => {
    while (!leave.signal.aborted) await asker.ask(token, query(n++), leave.signal);
  };
  const all = lines.flatMap(({ count, query }) => Array.from({ length: count }, () => one(query)));
  const ended = await Promise.allSettled(all);
  clearTimeout(timer);
  leave.abort();
  asker.close();
  for (const result of ended) if (result.status === 'rejected' && !isAbort(result.reason)) throw result.reason;
  return asker.answers;
};

interface Dear extends Candidate {
  readonly ms: number;
}
/** The largest queries that the event loop answers itself, the dearest first, and how long each took alone. */
const dearestOf = async (watch: Watch, asker: Asker, token: string, known: Known): Promise<Dear[]> => {
  const schema = buildSchema(readFileSync(join(root, 'apps/api/schema.graphql'), 'utf8'));
  const admission = new Admission(() => schema, undefined);
  const isLight = ({ query }: Candidate): boolean => {
    try {
      return costOf(schema, admission.admit({ query }).document, {}) < LARGE_ANSWER_FIELDS;
    } catch {
      return false; // too large to be asked at all
    }
  };
  const dear: Dear[] = [];
  for (const shapes of shapesOf(schema, known)) {
    const shape = shapes.find(isLight);
    if (!shape) continue;
    const before = await watch.heavy();
    const began = performance.now();
    const { code, text } = await asker.ask(token, shape.query);
    const ms = performance.now() - began;
    if ((await watch.heavy()) > before) continue;
    if (code === 'answer') dear.push({ ...shape, ms });
    else if (!code.endsWith('/unknown-version')) throw new Error(`${shape.what}: ${text}`);
  }
  return dear.sort((a, b) => b.ms - a.ms);
};

/** Of whom most is recorded, found in the log. */
const knownOf = async (asker: Asker, token: string): Promise<Known & { readonly tip: string }> => {
  const counts = new Map<string, number>();
  let after = '';
  for (let atTip = false; !atTip;) {
    const { text, code } = await asker.ask(
      token,
      `{ events(first: 2000${after && `, after: "${after}"`}) { atTip position events { stream } } }`,
    );
    if (code !== 'answer') throw new Error(text);
    const { events } = (
      JSON.parse(text) as { data: { events: { atTip: boolean; position: string; events: { stream: string }[] } } }
    ).data;
    for (const { stream } of events.events) counts.set(stream, (counts.get(stream) ?? 0) + 1);
    ({ atTip, position: after } = events);
  }
  const longest = (prefix: string) =>
    [...counts].filter(([stream]) => stream.startsWith(prefix)).sort(([, a], [, b]) => b - a)[0]![0];
  const idOf = (prefix: string) => longest(prefix).slice(prefix.length);
  return { subject: longest(''), leadId: idOf('lead-'), opportunityId: idOf('opportunity-'), tip: after };
};

/** A subscriber that has signed in, and whether its first answer came. */
const subscribe = async (port: number, token: string, query: string): Promise<{ client: Client; first: boolean }> => {
  const url = `ws://127.0.0.1:${port}/graphql`;
  const connectionParams = { authorization: `Bearer ${token}` };
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
  const first = await new Promise<boolean>((resolve) => {
    client.subscribe(
      { query },
      { next: () => resolve(true), error: () => resolve(false), complete: () => resolve(false) },
    );
  });
  return { client, first };
};

const UPGRADE =
  'GET /graphql HTTP/1.1\r\nhost: baton\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n';
/** Opens a WebSocket and says nothing more. @returns how long it stayed open, in ms, from the answer to the upgrade on */
const idler = async (port: number): Promise<{ readonly closed: Promise<number> }> => {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
  const ended = once(socket, 'close');
  socket.write(UPGRADE);
  const opened = await Promise.race([once(socket, 'data'), ended.then(() => undefined)]);
  const began = performance.now();
  if (!opened) return { closed: Promise.resolve(0) };
  if (!/^HTTP\/1.1 101 /.test(String(opened[0]))) throw new Error(String(opened[0]));
  socket.resume();
  return { closed: ended.then(() => performance.now() - began) };
};

const over = (held: Held, idle: Held): string =>
  `p99 ${held.p99.toFixed(0)} and ${idle.p99.toFixed(0)} ms, at most ${held.max.toFixed(0)} ms`;
const counts = (answers: Readonly<Record<string, number>>): string =>
  Object.entries(answers)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ');

class Cost {
  private readonly asker: Asker;
  private readonly watch: Watch;
  private idle!: Held;
  /** Reads of the stores in a millisecond at rest. */
  private idleReads = 0;

  constructor(private readonly server: Server) {
    this.asker = new Asker(server.port);
    this.watch = new Watch(server, this.asker);
  }

  async figures(): Promise<Figure[]> {
    const admin = this.tokenOf('admin');
    const { tip, ...known } = await knownOf(this.asker, admin);
    const dear = await dearestOf(this.watch, this.asker, admin, known);
    await sleep(SETTLE_MS);
    const quiet = await this.watch.reads();
    this.idle = await this.watch.during(() => sleep(IDLE_MS));
    this.idleReads = ((await this.watch.reads()) - quiet) / IDLE_MS;
    const figures = [...(await this.dearest(dear, known)), ...(await this.waiters(tip)), ...(await this.idlers())];
    this.asker.close();
    return figures;
  }

  private tokenOf(role: Role): string {
    return this.server.tokens[roles.indexOf(role)]!;
  }

  private later(what: string, held: Held, rounds: unknown): Figure {
    return { what: `${what} (${over(held, this.idle)})`, ratio: (held.p99 - this.idle.p99) / LATER_MS, rounds };
  }

  private async dearest(dear: readonly Dear[], known: Known): Promise<Figure[]> {
    const figures: Figure[] = [];
    const memory: number[] = [];
    for (const role of roles) {
      const token = this.tokenOf(role);
      const allowed = async (query: string) => (await this.asker.ask(token, query)).code !== 'access/denied';
      const light: Dear[] = [];
      for (const one of dear) if (light.length < DEAREST && (await allowed(one.query))) light.push(one);
      const heavy: ((n: number) => string)[] = [];
      const mayUse = JSON.parse(readFileSync(join(root, 'test/access-matrix.json'), 'utf8')) as Record<string, Role[]>;
      for (const query of heavyOf(known)) if (mayUse[/\w+(?=\()/.exec(query(0))![0]]!.includes(role)) heavy.push(query);
      let answers = {};
      const held = await this.watch.during(async () => {
        answers = await attack(
          this.server.port,
          token,
          [
            { count: HEAVY_AT_ONCE, query: (n) => heavy[n % heavy.length]!(n) },
            { count: AT_ONCE, query: (n) => light[n % light.length]!.query },
          ],
          ROLE_MS,
        );
      });
      only(answers, 'answer', 'query/too-costly');
      memory.push(held.memory);
      const dearest = light[0]!;
      figures.push(
        this.later(
          `event loop beside the dearest queries of ${role}: later than at rest, against ${LATER_MS} ms; ${counts(answers)}; the dearest of the loop ${dearest.what}, ${dearest.ms.toFixed(0)} ms alone`,
          held,
          { held, answers, light },
        ),
      );
    }
    return [...figures, this.memory('with the dearest queries', Math.max(...memory))];
  }

  private memory(what: string, memory: number): Figure {
    return {
      what: `memory of the server ${what} against ${MEMORY} MiB (${memory.toFixed(0)})`,
      ratio: memory / MEMORY,
      rounds: [],
    };
  }

  /** Those who wait for what does not come. */
  private async waiters(tip: string): Promise<Figure[]> {
    const never = String(BigInt(tip) + 1_000_000n).padStart(tip.length, '0');
    const query = `{ leads(first: 1, atLeast: "${never}") { totalCount } }`;
    const asker = new Asker(this.server.port);
    await sleep(SETTLE_MS);
    const [began, before] = [performance.now(), await this.watch.reads()];
    const held = await this.watch.during(() =>
      Promise.all(
        this.server.tokens.flatMap((token) => Array.from({ length: WAITERS }, () => asker.ask(token, query))),
      ),
    );
    const ms = performance.now() - began;
    const reads = (await this.watch.reads()) - before - this.idleReads * ms;
    asker.close();
    only(asker.answers, 'read/too-far-behind');
    const count = this.server.tokens.length * WAITERS;
    return [
      this.later(
        `event loop beside ${count} who wait for what does not come: later than at rest, against ${LATER_MS} ms`,
        held,
        { held, answers: asker.answers },
      ),
      {
        what: `reads of the stores for each of them, in ${(ms / 1000).toFixed(0)} s, beyond those at rest (${reads.toFixed(0)}), against one a second`,
        ratio: reads / count / (ms / 1000),
        rounds: { reads, count, ms },
      },
      this.memory('with them', held.memory),
    ];
  }

  /** Connections that never sign in, and one caller that takes all it may. */
  private async idlers(): Promise<Figure[]> {
    const { port } = this.server;
    const [taker, newcomer, writer] = [this.tokenOf('analyst'), this.tokenOf('sales'), this.tokenOf('revops')];
    const clients: Client[] = [];
    const waits: number[] = [];
    let [taken, tries, shut] = [0, 0, 0];
    const lives: Promise<number>[] = [];
    const asker = new Asker(port);
    const held = await this.watch.during(async () => {
      let open = true;
      const writes = (async () => {
        for (let n = 0; open; n++) {
          await asker.ask(
            writer,
            `mutation { openOpportunity(commandId: "cost-${n}", input: { opportunityId: "cost-${n}", product: "Loom" }) { __typename } }`,
          );
          await sleep(250);
        }
      })();
      for (let n = 0; n < limits.callerSubscriptions.max / limits.subscriptions.max; n++) {
        const { client, first } = await subscribe(port, taker, 'subscription { pipelineChanges { position } }');
        clients.push(client);
        if (first) taken++;
        for (let m = 1; m < limits.subscriptions.max; m++)
          client.subscribe(
            { query: `subscription { pipelineChanges { position pipeline { open { deals } } } }` },
            { next: () => void taken++, error: () => void shut++, complete: () => undefined },
          );
      }
      const flood = (async () => {
        for (let n = 0; n < IDLERS; n += OPEN_AT_ONCE)
          lives.push(
            ...(await Promise.all(Array.from({ length: OPEN_AT_ONCE }, () => idler(port)))).map(({ closed }) => closed),
          );
      })();
      for (let n = 0; n < NEWCOMERS; n++) {
        const began = performance.now();
        for (let isIn = false; !isIn && tries < 50 * NEWCOMERS; tries++) {
          const { client, first } = await subscribe(port, newcomer, 'subscription { status { position } }');
          clients.push(client);
          isIn = first;
        }
        waits.push(performance.now() - began);
      }
      await flood;
      await Promise.all(lives);
      open = false;
      await writes;
    });
    await Promise.all(clients.map((client) => client.dispose()));
    asker.close();
    only(asker.answers, 'answer');
    const ms = await Promise.all(lives);
    const longest = Math.max(...ms);
    return [
      this.later(
        `event loop beside ${IDLERS} connections that never sign in and ${limits.callerSubscriptions.max} subscriptions of one caller: later than at rest, against ${LATER_MS} ms`,
        held,
        { held, taken, shut },
      ),
      {
        what: `tries of a new subscriber meanwhile (in after ${median(waits).toFixed(0)} ms)`,
        ratio: tries / NEWCOMERS,
        rounds: waits,
      },
      {
        what: `the longest that one of them stayed against its limit (${longest.toFixed(0)} and ${limits.signInMs.max} ms)`,
        ratio: longest / limits.signInMs.max,
        rounds: { longest, middle: median(ms) },
      },
      this.memory('with them', held.memory),
    ];
  }
}

/** What a request may cost at most: how late the event loop comes to others, and memory. */
export const cost: Benchmark = async (folder) => {
  const main = join(__dirname, '..', 'apps', 'cli', 'main.js');
  const env = { ...process.env, BATON_DATA_DIR: folder, BATON_EVENTSTORE_URL: '', BATON_MONGODB_URL: '' };
  await promisify(execFile)(
    process.execPath,
    [main, 'demo', '--once', '--json', '--today', '2024-07-01', '--scale', SCALE],
    {
      env,
    },
  );
  const preload = join(__dirname, 'store-reads.js');
  const server = await serverOf(folder, main, { keys: roles, settings, preload });
  try {
    return await new Cost(server).figures();
  } finally {
    await server.stop();
  }
};
