import fc from 'fast-check';
import {
  Accepted,
  catalogueOf,
  commands,
  decider,
  DecisionContext,
  events,
  fromMs,
  handle,
  integer,
  ref,
  Refused,
  refuse,
  text,
  toMs,
  type CommandOf,
  type Context,
  type EventLog,
  type EventOf,
  type DatedEvent,
  type Outcome,
  type RawEvent,
} from '@baton/kernel';
import { FixedClock, repetitions } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { numbers } from '../../../../test/support/world-histories';
import { definitionDecider, type DefinitionState } from './definition.decider';
import { definitionEvents, type DefinitionCommand, type DefinitionEvent } from './definition.events';
import { LogDefinitions } from './log-definitions';
import { inForceAt } from './versions.rules';

// An account: deposits name the agreement in force, withdrawals need enough money.
const purseEvents = events({
  Earned: { version: 1, sentence: 'Money came in', purseId: ref('purse'), amount: integer(), under: text() },
  Spent: { version: 1, sentence: 'Money went out', purseId: ref('purse'), amount: integer() },
  Recalled: { version: 1, sentence: 'The agreement was recalled', purseId: ref('purse'), statement: text() },
});
const purseCommands = commands('purse', {
  Earn: { description: '', purseId: ref('purse'), amount: integer() },
  Spend: { description: '', purseId: ref('purse'), amount: integer() },
  Recall: { description: '', purseId: ref('purse') },
});
type PurseCommand = CommandOf<typeof purseCommands>;
type PurseEvent = EventOf<typeof purseEvents>;
interface Purse {
  readonly balance: number;
  readonly under: number;
  readonly recalled: boolean;
}
const purse = decider<Purse, PurseCommand, PurseEvent, { mql: { statement: string } }>({
  commands: purseCommands,
  events: purseEvents,
  uses: ['mql'],
  initialState: () => ({ balance: 0, under: 0, recalled: false }),
  decide: {
    Earn: (_, { data }, context) => {
      const agreed = context.definition('mql');
      if (!agreed) return refuse('purse/no-agreement');
      return [{ type: 'Earned', data: { ...data, under: String(agreed.version) } }];
    },
    Spend: ({ balance }, { data }) => (balance < data.amount ? refuse('purse/too-little') : [{ type: 'Spent', data }]),
    Recall: ({ under, recalled }, { data }, context) => {
      if (recalled) return [];
      if (under === 0) return refuse('purse/nothing-to-recall');
      const { statement } = context.definition('mql', under)!.body;
      return [{ type: 'Recalled', data: { ...data, statement } }];
    },
  },
  evolve: {
    Earned: (state, { data }) => ({ ...state, balance: state.balance + data.amount, under: Number(data.under) }),
    Spent: (state, { data }) => ({ ...state, balance: state.balance - data.amount }),
    Recalled: (state) => ({ ...state, recalled: true }),
  },
});

interface Given {
  readonly process: number;
  readonly command: PurseCommand;
  readonly hash: string | Refused;
  readonly outcome: Outcome;
  readonly began: { readonly ms: number; readonly head: number; readonly own: number };
  readonly ended: { readonly ms: number; readonly head: number };
}
const START_MS = toMs('2024-01-01T00:00:00.000Z');
const FORCE_MS = 5_000;

/** Two processes over one log, each with its own cache; a seed decides which one runs next and how much time passes. */
const world = (seed: number) => {
  const random = numbers(seed);
  const clock = new FixedClock(fromMs(START_MS));
  const log = EmbeddedEventLog.open(':memory:', clock);
  let elapsedMs = 0;
  let waiting: { readonly ready: () => boolean; readonly resume: () => void }[] = [];
  const turn = (ready = () => true) => new Promise<void>((resume) => waiting.push({ ready, resume }));
  const run = async (until: Promise<unknown>) => {
    let over = false;
    void until.finally(() => (over = true));
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve));
      elapsedMs += Math.floor(random() * (random() < 0.05 ? 3_000 : 60));
      clock.instant = fromMs(START_MS + elapsedMs);
      const ready = waiting.filter((one) => one.ready());
      const chosen = ready[Math.floor(random() * ready.length)];
      if (!chosen) continue;
      waiting = waiting.filter((one) => one !== chosen);
      chosen.resume();
    }
  };
  const timers = {
    now: () => elapsedMs,
    delay: async (ms: number, signal?: AbortSignal) => {
      const until = elapsedMs + ms;
      await turn(() => elapsedMs >= until || (signal?.aborted ?? false));
      signal?.throwIfAborted();
    },
  };
  const headOf = async (stream: string) => (await log.read(stream)).length;

  const keys = new MemoryKeyStore(); // both processes have the same
  const processOf = (process: number) => {
    const slowMs = random() < 0.5 ? 0 : random() * 6_000; // how long the follower sleeps between two pages
    const away: Partial<EventLog> = {
      follow: async function* (after, filter, { signal } = {}) {
        for (let from = after; !signal?.aborted;) {
          const page = await log.readAll(from, filter, 3);
          await turn();
          if (page.position > from) yield page;
          from = page.position;
          await timers.delay(random() * slowMs, signal).catch(() => undefined);
        }
      },
    };
    const mine = new Proxy(log, {
      get: (target, name: keyof EventLog) =>
        away[name] ??
        (async (...args: unknown[]) => {
          await turn();
          const answer = (await (target[name] as (...given: unknown[]) => Promise<unknown>).apply(
            target,
            args,
          )) as never;
          await turn();
          return answer;
        }),
    });
    const journal = new SealedJournal(mine, catalogueOf([purseEvents, definitionEvents]), keys);
    const definitions = new LogDefinitions(journal, mine, async () => [], timers);
    const context = new DecisionContext(clock, definitions, random() < 0.5 ? 1_000 : 20); // a small cache evicts
    let own = 0; // events of the definition that this process has written, and those before them
    const agree = async (type: DefinitionCommand['type'], actor: string, data: object, more: object = {}) => {
      const meta = { commandId: `agree-${random()}`, actor, origin: 'person', ...more };
      const command = { type, data: { definitionId: 'mql', ...data }, meta } as DefinitionCommand;
      const outcome = await handle(journal, definitionDecider, 'mql', command, context);
      if (!(outcome instanceof Accepted)) throw outcome;
      definitions.noteOwnWrite('mql', outcome.revision);
      own = Math.max(own, outcome.revision + 1);
    };
    const send = async (command: PurseCommand): Promise<Given> => {
      const stream = `purse-${command.data.purseId}`;
      const began = { ms: elapsedMs, head: await headOf(stream), own };
      const outcome = await handle(journal, purse, command.data.purseId, command, context);
      const hash = await journal.hashOf(command, { personal: [], keyOwners: [] });
      return { process, command, hash, outcome, began, ended: { ms: elapsedMs, head: await headOf(stream) } };
    };
    return { agree, send, close: () => definitions.close() };
  };
  return { random, clock, log, timers, run, processOf, elapsed: () => elapsedMs };
};

type World = ReturnType<typeof world>;

const lived = async (seed: number, steps: number) => {
  const { random, log, timers, run, processOf, elapsed }: World = world(seed);
  const processes = [processOf(0), processOf(1)] as const;
  const given: Given[] = [];
  const agreeing = async () => {
    for (let number = 1; number <= 4; number++) {
      await timers.delay(random() * 6_000);
      const past = random() < 0.3; // an agreement dated in the past, recorded now
      const more = past ? { mode: 'backfill', occurredAt: fromMs(START_MS + Math.max(0, elapsed() - 4_000)) } : {};
      const [{ agree }] = processes;
      await agree('ProposeDefinition', 'mia', { body: { statement: `number ${number}` }, reason: 'agreed' }, more);
      await agree('ApproveDefinition', 'mia', { number, team: 'marketing' }, more);
      await agree('ApproveDefinition', 'sam', { number, team: 'sales' }, more);
      await timers.delay(random() * 9_000);
      if (random() < 0.5) await agree('RetireDefinition', 'mia', { number, reason: 'no use' });
    }
  };
  const sending = async (caller: number) => {
    for (let step = 0; step < steps; step++) {
      await timers.delay(random() * 1_500);
      const types = ['Earn', 'Spend', 'Spend', 'Recall'] as const;
      const type = types[Math.floor(random() * types.length)]!;
      const purseId = `p${Math.floor(random() * 3)}`;
      const amount = 1 + Math.floor(random() * 5);
      // Callers share ids: the same command is sent to both processes, sometimes with another body.
      const meta = {
        commandId: random() < 0.3 ? `shared-${step}-${type}-${purseId}` : `c${caller}-${step}`,
        actor: 'me',
        origin: 'person',
      };
      const data = type === 'Recall' ? { purseId } : { purseId, amount };
      const process = processes[Math.floor(random() * 2)]!;
      given.push(await process.send({ type, data, meta } as PurseCommand));
    }
  };
  await run(Promise.all([agreeing(), sending(0), sending(1), sending(2)]));
  const closing = Promise.all(processes.map(({ close }) => close()));
  await run(closing);
  const agreed = await log.read('definition-mql');
  const streams = new Map<string, readonly RawEvent[]>();
  for (const id of ['p0', 'p1', 'p2']) streams.set(id, await log.read(`purse-${id}`));
  await log.close();
  return { given, agreed, streams };
};

type Lived = Awaited<ReturnType<typeof lived>>;
const happened = <E>(event: RawEvent) => ({ ...event, occurredAt: event.meta.occurredAt }) as unknown as E;

/** The decision on the true state of the log: at a revision, knowing so many events of the definition. */
const truly = ({ agreed, streams }: Lived, command: PurseCommand, revision: number, known: number, now: string) => {
  const versionsOf = (count: number) =>
    agreed
      .slice(0, count)
      .reduce<DefinitionState>(
        (state, event) => definitionDecider.evolve(state, happened<DatedEvent<DefinitionEvent>>(event)),
        definitionDecider.initialState(),
      ).versions;
  const state = streams
    .get(command.data.purseId)!
    .slice(0, revision)
    .reduce<Purse>(
      (before, event) => purse.evolve(before, happened<DatedEvent<PurseEvent>>(event)),
      purse.initialState(),
    );
  const context = {
    now,
    definition: (kind: string, version?: number) => {
      const found =
        version === undefined
          ? inForceAt(versionsOf(known), now)
          : versionsOf(agreed.length).find(({ number }) => number === version);
      return found && { kind, version: found.number, ref: `mql@${found.number}`, body: found.body };
    },
  } as Context;
  const decided = purse.decide(state, command, context);
  return decided instanceof Refused ? decided.code : decided.map(({ type, data }) => ({ type, data: data as object }));
};

/** How much of the definition a process may have used: everything in force, and nothing that is not yet. */
const views = ({ agreed }: Lived, { process, began, ended }: Given): readonly number[] => {
  const inForce = (ms: number) =>
    agreed.filter(({ recordedAt }) => toMs(recordedAt) <= START_MS + ms - FORCE_MS).length;
  const ownUntil = (ms: number) =>
    process === 0 ? agreed.filter(({ recordedAt }) => toMs(recordedAt) <= START_MS + ms).length : 0;
  const least = Math.max(inForce(began.ms), began.own);
  const most = Math.max(inForce(ended.ms), ownUntil(ended.ms));
  return Array.from({ length: most - least + 1 }, (_, index) => least + index);
};

const check = (lives: Lived, one: Given): void => {
  const { command, hash, outcome, began, ended } = one;
  const events = lives.streams.get(command.data.purseId)!;
  const mine = events.filter(({ meta }) => meta.commandId === command.meta.commandId);
  if (mine[0] && mine[0].meta.commandHash !== hash) {
    // The id was used for another body, before or after this answer.
    if (outcome instanceof Refused && outcome.code === 'command/id-reused') return;
    expect(outcome instanceof Refused || outcome.events === 0).toBe(true);
  } else if (outcome instanceof Accepted && outcome.events > 0) {
    const last = mine.at(-1)!;
    expect(outcome).toMatchObject({ revision: last.revision, position: last.position, events: mine.length });
    if (outcome.repeated) return;
    const now = last.meta.occurredAt;
    const answers = views(lives, one).map((known) => truly(lives, command, mine[0]!.revision, known, now));
    return expect(answers).toContainEqual(mine.map(({ type, data }) => ({ type, data })));
  }
  const said = outcome instanceof Refused ? outcome.code : [];
  const instants = [began.ms, ended.ms].map((ms) => fromMs(START_MS + ms));
  for (const { occurredAt } of lives.agreed.map(({ meta }) => meta))
    if (occurredAt > instants[0]! && occurredAt < instants[1]!) instants.push(occurredAt);
  const answers = [];
  for (let revision = began.head; revision <= ended.head; revision++)
    for (const known of views(lives, one))
      for (const now of instants) answers.push(truly(lives, command, revision, known, now));
  expect(answers).toContainEqual(said);
};

describe('two processes over one log', () => {
  it('give only answers that match the log', async () => {
    const seen = { accepted: 0, repeated: 0, refused: 0, nothing: 0, reused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        const lives = await lived(seed, repetitions(15, 30));
        for (const one of lives.given) {
          check(lives, one);
          const { outcome } = one;
          if (outcome instanceof Refused) seen[outcome.code === 'command/id-reused' ? 'reused' : 'refused']++;
          else seen[outcome.repeated ? 'repeated' : outcome.events > 0 ? 'accepted' : 'nothing']++;
        }
      }),
      { numRuns: repetitions(12, 300), endOnFailure: true },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });
});
