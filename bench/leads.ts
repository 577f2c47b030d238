import { join } from 'node:path';
import {
  catalogueOf,
  DecisionContext,
  fromMs,
  handle,
  Refused,
  toMs,
  type Definition,
  type EventMeta,
  type Json,
} from '@baton/kernel';
import type { TouchFact } from '@baton/definitions';
import { leadDecider, leadEvents, scoreAt, TouchLog, type LeadCommand, type LeadEvent } from '@baton/leads';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { clock, measured, median, quantile, type Benchmark } from './support';

const SIZES = [10, 100, 1000, 10_000];
const DECISIONS = 200;
const SCORED = 100_000;
const TOUCHES = 20;
const DAY = 86_400_000;
const NOW = toMs('2024-06-01T00:00:00.000Z');

/** Ten rules with everything that a rule may have, and criteria that look at touches and at the score; none is ever met. */
const model = {
  threshold: 90_000,
  fit: { rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 20 }] },
  engagement: {
    rules: [
      { code: 'pricing', touches: { page: '/pricing*' }, points: 15, halfLife: 'P14D', cap: 60, group: 'web' },
      { code: 'product', touches: { page: '/product*' }, points: 5, halfLife: 'P30D', within: 'P90D', group: 'web' },
      { code: 'any-page', touches: { action: 'page-view' }, points: 0.25, halfLife: 'P60D' },
      { code: 'demo', touches: { action: 'demo' }, points: 40, once: true },
      { code: 'webinar', touches: { action: 'webinar' }, points: 10, coolDown: 'P7D', halfLife: 'P45D' },
      { code: 'mail', touches: { channel: 'e-mail' }, points: 2, coolDown: 'PT12H', within: 'P30D', cap: 20 },
      { code: 'download', touches: { content: '*guide*' }, points: 8, within: 'P180D', cap: 40 },
      { code: 'campaign', touches: { campaign: 'spring-*' }, points: 3, halfLife: 'P20D', cap: 30 },
      { code: 'careers', touches: { page: '/careers*' }, points: -10, coolDown: 'P1D' },
      { code: 'blog', touches: { page: '/blog*' }, points: 1, within: 'P14D', halfLife: 'P7D' },
    ],
  },
  groups: [{ code: 'web', cap: 120 }],
  cap: 400,
};
const criteria = {
  all: [
    { touches: { action: 'page-view', page: '/product*' }, gte: 3, within: 'P30D' },
    { touches: { content: 'pricing-guide' }, gte: 1 },
    { score: 'engagement', gte: 10 },
    { field: 'country', eq: 'nowhere' },
  ],
};
const agreed = (kind: string, body: unknown): Definition => ({
  ...{ kind, version: 1, ref: `${kind}@1` },
  body: body as Json,
});
const definitions = new Map(
  [agreed('mql', { criteria }), agreed('scoring-model', model)].map((one) => [one.kind, one]),
);

const pages = ['/pricing', '/product/a', '/product/b', '/blog/1', '/careers', '/', '/docs', '/pricing/enterprise'];
const actions = ['page-view', 'page-view', 'page-view', 'webinar', 'download', 'e-mail-click', 'page-view'];
const touchData = (n: number) => ({
  action: actions[n % actions.length]!,
  team: 'marketing' as const,
  page: pages[(n * 7) % pages.length]!,
  ...(n % 5 === 0 && { channel: 'e-mail' }),
  ...(n % 11 === 0 && { content: 'pricing-guide' }),
  ...(n % 6 === 0 && { campaign: 'spring-sale' }),
});
/** A year of touches, evenly. */
const touchedAt = (n: number, of: number) => fromMs(NOW - 365 * DAY + Math.floor((n * 364 * DAY) / of));

const meta = (n: number, occurredAt: string): Omit<EventMeta, 'schema'> => ({
  ...{ actor: 'bench', origin: 'system', occurredAt, commandId: `past-${n}`, commandHash: '0'.repeat(32) },
  ...{ mode: 'live', $correlationId: `past-${n}`, $causationId: `past-${n}` },
});

/** How long a touch takes to be decided and stored, however many came before it. */
const decisions = async (folder: string) => {
  const log = EmbeddedEventLog.open(join(folder, 'leads.db'), clock);
  const journal = new SealedJournal(log, catalogueOf([leadEvents]), new MemoryKeyStore());
  const context = new DecisionContext(clock, { forKinds: async () => (kind: string) => definitions.get(kind) });
  let sent = 0;
  const record = async (leadId: string, n: number) => {
    const command = {
      type: 'RecordTouch',
      data: { leadId, ...touchData(n) },
      meta: { commandId: `c${sent++}`, actor: 'bench', origin: 'system', occurredAt: fromMs(NOW + sent * 1000) },
    } as LeadCommand;
    const outcome = await handle(journal, leadDecider, leadId, command, context);
    if (outcome instanceof Refused || outcome.events !== 1)
      throw new Error(`not one touch: ${JSON.stringify(outcome)}`);
  };
  const rounds: { touches: number; p50: number; p99: number; decideP50: number; decideP99: number }[] = [];
  for (const size of SIZES) {
    const leadId = `with-${size}`;
    const past: LeadEvent[] = [{ type: 'LeadCaptured', data: { leadId, employees: 80, country: 'Germany' } }];
    for (let n = 0; n < size; n++) past.push({ type: 'TouchRecorded', data: { leadId, ...touchData(n) } });
    for (let from = 0; from < past.length; from += 500)
      await journal.append(
        `lead-${leadId}`,
        past.slice(from, from + 500).map(({ type, data }, index) => {
          const n = from + index;
          return { id: `${leadId}-${n}`, type, data, meta: meta(n, touchedAt(n, past.length)) };
        }),
        from === 0 ? 'none' : from - 1,
      );
    for (let n = 0; n < 20; n++) await record(leadId, n); // the state is read once, the code is warm
    const times: number[] = [];
    for (let n = 0; n < DECISIONS; n++) {
      const begin = performance.now();
      await record(leadId, n);
      times.push(performance.now() - begin);
    }
    let state = context.streams.get(`lead-${leadId}`)!.state as ReturnType<typeof leadDecider.initialState>;
    const pure: number[] = [];
    for (let n = 0; n < DECISIONS; n++) {
      const command = { type: 'RecordTouch', data: { leadId, ...touchData(n) }, meta: {} } as LeadCommand;
      const now = fromMs(NOW + 10 * DAY + n * 1000);
      const definition = (kind: string) => definitions.get(kind);
      const begin = performance.now();
      const facts = leadDecider.decide(state, command, { now, mode: 'live', definition, idOf: () => `pure-${n}` });
      if (facts instanceof Refused) throw facts;
      for (const fact of facts) state = leadDecider.evolve(state, { ...fact, id: `pure-${n}`, occurredAt: now });
      pure.push(performance.now() - begin);
    }
    rounds.push({
      touches: size,
      ...{ p50: median(times), p99: quantile(times, 0.99) },
      ...{ decideP50: median(pure), decideP99: quantile(pure, 0.99) },
    });
  }
  await log.close();
  const least = rounds[0]!;
  return rounds.map((round) => ({
    what:
      `a touch on a lead of ${round.touches} against one of ${SIZES[0]}: ` +
      `${round.p50.toFixed(2)} ms, p99 ${round.p99.toFixed(2)} ms with its append; ` +
      `deciding alone ${round.decideP50.toFixed(2)} ms, p99 ${round.decideP99.toFixed(2)} ms`,
    ratio: round.p50 / least.p50,
    rounds: round,
  }));
};

/** Scoring everybody, with and without the explanation. */
const scoring = async () => {
  const histories = Array.from({ length: 1000 }, (_, who) => {
    let log = TouchLog.empty();
    for (let n = 0; n < TOUCHES; n++) {
      const { action, page, channel, content, campaign } = touchData(who * 13 + n) as Partial<TouchFact>;
      const touch = { id: `${who}-${n}`, at: touchedAt(n, TOUCHES), action, page, channel, content, campaign };
      log = log.with(touch as TouchFact);
    }
    return log;
  });
  let sum = 0;
  const found = await measured(async () => {
    for (let n = 0; n < SCORED; n++)
      sum += scoreAt(model, { profile: { employees: n % 100 }, touches: histories[n % 1000]! }, fromMs(NOW)).hundredths;
  });
  return {
    what: `scores of ${SCORED} leads of ${TOUCHES} touches with ten rules, explained: seconds (sum ${sum})`,
    ratio: found.wall,
    rounds: found,
  };
};

/** What a touch costs on short and long histories, and what scoring everybody costs. */
export const leadDecisions: Benchmark = async (folder) => [...(await decisions(folder)), await scoring()];
