import fc from 'fast-check';
import {
  catalogueOf,
  DecisionContext,
  eventsOf,
  NoDefinitions,
  START,
  type Instant,
  type StoredEvent,
  type ToAggregate,
} from '@baton/kernel';
import { FixedClock, repetitions } from '@baton/kernel/testing';
import { attributionModels, compareModels, journeys, methodAt, type JourneyEvent } from '@baton/attribution';
import { summarizeCredit } from '@baton/attribution/read/attribution/attribution.rules';
import { journeysOf } from '@baton/attribution/read/conversions/conversions.query';
import { ToLead } from '@baton/leads';
import { ToOpportunity } from '@baton/opportunities';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { columnKeeper, Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { handlersOf } from './support/handlers';
import { modelsOf } from './support/read-models';

const catalogue = catalogueOf(eventsOf(contextParts));
const people = ['ada', 'bea', 'cyd'] as const;
const currencies = { euro: 'EUR', dollar: 'USD', yen: 'JPY' } as const;
const deals = Object.keys(currencies) as (keyof typeof currencies)[];
const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + Math.round(day * 86_400_000)).toISOString();

interface Step {
  readonly to: ToAggregate;
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly day: number;
}
const ofLead = (leadId: string, type: string, day: number, data: object = {}): Step => ({
  ...{ to: ToLead, id: leadId, type, day },
  data: { leadId, ...data },
});
const ofDeal = (opportunityId: string, type: string, day: number, data: object = {}): Step => ({
  ...{ to: ToOpportunity, id: opportunityId, type, day },
  data: { opportunityId, ...data },
});
const amountOf = (deal: keyof typeof currencies, minor: number) => ({ minor, currency: currencies[deal] });

const day = fc.integer({ min: 1, max: 40 });
const person = fc.constantFrom(...people);
const deal = fc.constantFrom(...deals);
const touch = fc
  .tuple(person, day, fc.constantFrom('search', 'email', 'fair'))
  .map(([who, when, channel]) => ofLead(who, 'RecordTouch', when, { action: 'page-view', team: 'marketing', channel }));
/** Most of it is recorded later than it happened, so that journeys are restated. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: touch },
  {
    weight: 3,
    arbitrary: fc
      .tuple(deal, person, day)
      .map(([of, leadId, when]) => ofDeal(of, 'AddContactRole', when, { leadId, role: 'user' })),
  },
  { weight: 4, arbitrary: fc.tuple(deal, day).map(([of, when]) => ofDeal(of, 'WinOpportunity', when + 10)) },
  {
    weight: 1,
    arbitrary: fc.tuple(deal, day).map(([of, when]) => ofDeal(of, 'LoseOpportunity', when + 10, { reason: 'price' })),
  },
  // After the win it is a refund, or more.
  {
    weight: 3,
    arbitrary: fc
      .tuple(deal, fc.integer({ min: 0, max: 20_000 }))
      .map(([of, minor]) => ofDeal(of, 'ChangeOpportunityAmount', 60, { to: amountOf(of, minor) })),
  },
  {
    weight: 1,
    arbitrary: deal.map((of) => ofDeal(of, 'ReopenOpportunity', 61, { reason: 'error' })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(person, person, day)
      .map(([who, other, when]) => ofLead(who, 'MergeLead', when, { mergedLeadId: other })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(person, person, day)
      .map(([who, other, when]) => ofLead(who, 'UnmergeLead', when + 20, { mergedLeadId: other })),
  },
);
const begin: readonly Step[] = [
  ...people.map((who, n) => ofLead(who, 'CaptureLead', n / 4)),
  ...deals.map((of, n) => ofDeal(of, 'OpenOpportunity', 5, { amount: amountOf(of, 10_001 * (n + 1)) })),
  ...deals.map((of, n) => ofDeal(of, 'AddContactRole', 6, { leadId: people[n], role: 'champion' })),
];

/** The events of a company that does these steps, with all that its policies answer; what is refused is left out. */
const eventsAfter = async (steps: readonly Step[], keys: MemoryKeyStore): Promise<readonly StoredEvent[]> => {
  const clock = new FixedClock('2024-06-01T00:00:00.000Z');
  const log = EmbeddedEventLog.open(':memory:', clock);
  const journal = new SealedJournal(log, catalogue, keys);
  const handlers = handlersOf(journal, new DecisionContext(clock), keys);
  const send = (command: InstanceType<ToAggregate>) =>
    handlers.get(command.constructor as ToAggregate)!.execute(command as never);
  const runner = new Runner({
    ...{ log, journal, clock, documents: new MemoryDocuments(), projections: [], aggregates: [] },
    policies: contextParts.flatMap((parts) => parts.policies),
    dispatch: send as never,
    onFault: (fault) => {
      throw fault;
    },
  });
  await runner.start({ tick: false });
  for (const [n, { to, id, type, data, day: when }] of [...begin, ...steps].entries()) {
    const meta = { commandId: `step-${n}`, actor: 'import:steps', origin: 'connector', mode: 'backfill' } as const;
    await send(new to(id, { type, data, meta: { ...meta, occurredAt: at(when), sequence: n } } as never));
    // Policies answer some steps together.
    if (n % 5 === 4) await runner.settle();
  }
  await runner.settle();
  await runner.stop();
  const { events } = await log.readAll(START, {}, 100_000);
  await log.close();
  return events.map((event) => journal.decode(event));
};

const codes = attributionModels.map(({ code }) => code);
const questions = fc.record({
  by: fc.constantFrom('channel' as const, 'month' as const),
  outcome: fc.constantFrom('won' as const, 'won' as const, 'lost' as const),
  currency: fc.constantFrom(undefined, 'EUR', 'JPY'),
});
type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;

/** The reports as documents make them, one after the other. */
const plainly = async (events: readonly StoredEvent[], { by, outcome, currency }: Question) => {
  const method = await methodAt(new NoDefinitions(), at(0));
  const sums = summarizeCredit(attributionModels, by, method, undefined);
  const own = events.filter(({ type }) => journeys.types!.includes(type)) as readonly StoredEvent<JourneyEvent>[];
  const models = await modelsOf([journeys], own);
  for await (const journey of journeysOf(models, outcome, { ...(currency && { currency }) })) sums.add(journey);
  return sums.reports();
};
const packedly = async (models: ReadModels, { by, outcome, currency }: Question) => {
  const method = await methodAt(new NoDefinitions(), at(0));
  return compareModels(models, { ...method, by, outcome, models: codes, ...(currency && { currency }) });
};

/** A process that follows a log, with columns that are kept between questions, and some that never are. */
const follower = async (keys: MemoryKeyStore) => {
  const clock = new FixedClock('2024-06-01T00:00:00.000Z');
  const log = EmbeddedEventLog.open(':memory:', clock);
  const journal = new SealedJournal(log, catalogue, keys);
  const documents = new MemoryDocuments();
  const runner = new Runner({
    ...{ log, journal, clock, documents, projections: [journeys], policies: [], aggregates: [] },
    dispatch: () => Promise.reject(new Error('no policies here')),
    onFault: (fault) => {
      throw fault;
    },
  });
  await runner.start({ tick: false });
  const withColumns = (keptBytes?: number) =>
    new ReadModels(
      documents,
      undefined,
      undefined,
      columnKeeper({ documents, log, journal, ...(keptBytes !== undefined && { keptBytes }) }),
    );
  return {
    runner,
    kept: withColumns(),
    dropped: withColumns(1),
    append: async ({ stream, id, type, data, meta }: StoredEvent) => {
      await log.append(stream, [{ id, type, data, meta }], 'any');
    },
    close: async () => {
      await runner.stop();
      await log.close();
    },
  };
};

/** A late touch, refunds in two currencies, and a merge, each after the win. */
const told: Step[] = [
  ...(['euro', 'dollar'] as const).map((of) => ofDeal(of, 'WinOpportunity', 30)),
  ofLead('ada', 'RecordTouch', 12, { action: 'page-view', team: 'marketing', channel: 'search' }),
  ofDeal('euro', 'ChangeOpportunityAmount', 60, { to: amountOf('euro', 0) }),
  ofDeal('dollar', 'ChangeOpportunityAmount', 60, { to: amountOf('dollar', 700) }),
  ofLead('cyd', 'RecordTouch', 13, { action: 'page-view', team: 'marketing', channel: 'fair' }),
  ofLead('ada', 'MergeLead', 35, { mergedLeadId: 'cyd' }),
  ofDeal('yen', 'LoseOpportunity', 40, { reason: 'price' }),
  ofLead('ada', 'UnmergeLead', 41, { mergedLeadId: 'cyd' }),
];

describe('packed columns of journeys in a company of real commands', () => {
  const seen = { restated: 0, refunded: 0, merged: 0, currencies: new Set<string>(), rebuilt: 0, positions: 0 };

  it('answer as documents do at every position, kept or dropped, and while the read model is rebuilt', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 22 }),
        fc.array(questions, { minLength: 3, maxLength: 3 }),
        async (steps, asked) => {
          const keys = new MemoryKeyStore();
          const events = await eventsAfter(steps, keys);
          const process = await follower(keys);
          const known: StoredEvent[] = [];
          try {
            for (const event of events) {
              const question = asked[known.length % asked.length]!;
              const before = known.length > 0 ? await plainly(known, question) : [];
              const isOwn = journeys.types!.includes(event.type);
              // Every other change comes in the middle of questions, with a rebuild or without.
              const isAsked = isOwn && seen.positions % 2 === 0;
              const during = isAsked ? [process.kept, process.dropped].map((models) => packedly(models, question)) : [];
              await process.append(event);
              known.push(event);
              if (!isOwn) continue;
              seen.positions++;
              if (isAsked && seen.positions % 4 === 1) {
                await process.runner.rebuild('journeys');
                seen.rebuilt++;
              }
              const after = await plainly(known, question);
              for (const answer of await Promise.all(during)) expect([before, after]).toContainEqual(answer);
              await process.runner.catchUp();
              for (const models of [process.kept, process.dropped])
                expect(await packedly(models, question)).toEqual(after);
              const data = event.data as Partial<Extract<JourneyEvent, { type: 'JourneyRestated' }>['data']>;
              if (event.type === 'JourneyRestated') seen.restated++;
              if (data.reasons?.includes('amount')) seen.refunded++;
              if (data.reasons?.includes('merge')) seen.merged++;
              for (const { amount } of data.amounts ?? []) seen.currencies.add(amount.currency);
            }
          } finally {
            await process.close();
          }
        },
      ),
      { numRuns: repetitions(4, 300), examples: [[told, [{ by: 'channel', outcome: 'won', currency: undefined }]]] },
    ));

  it('have met what they are asked about', () => {
    for (const count of [seen.restated, seen.refunded, seen.merged, seen.rebuilt]) expect(count).toBeGreaterThan(0);
    expect([...seen.currencies].sort()).toEqual(['EUR', 'JPY', 'USD']);
  });
});
