import fc from 'fast-check';
import { DAY_MS, fromMs, NoDefinitions, toMs, type Instant, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { repetitions } from '@baton/kernel/testing';
import type { Attribution, ChannelRules } from '@baton/definitions';
import { ReadModels } from '@baton/platform/documents';
import { modelsOf } from '../../../../test/support/read-models';
import { attributionModels } from '../../models/models.rules';
import type { JourneyEvent, JourneyTouch } from '../../write/journey/journey.events';
import { dataDrivenModels } from '../../models/data-driven.model';
import { journeysOf } from '../conversions/conversions.query';
import { crediting, packedCrediting } from '../conversions/crediting.rules';
import { CreditCollector } from '../data-driven/data-driven.rules';
import { JourneyColumns } from '../journeys/journey-columns.rules';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';
import { compareModels, methodAt } from './attribution.query';
import {
  CreditSums,
  dimensions,
  summarizeCredit,
  touchDimensions,
  type Dimension,
  type Method,
} from './attribution.rules';
import { sumColumns } from './packed-credit.rules';
import { OutsideWindowSum } from './window.rules';

const start = toMs('2024-01-01T00:00:00.000Z');
const at = (days: number): Instant => fromMs(start + days * DAY_MS);
/** Few, so that instants meet. */
const days = fc.integer({ min: 0, max: 40 });
const rarely = <T>(one: fc.Arbitrary<T>, nothing = 5): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: nothing, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });
const often = <T>(one: fc.Arbitrary<T>) => rarely(one, 1);
const leadIds = ['ada', 'bea', 'cyd'];

const touch = fc
  .record({
    number: fc.integer({ min: 0, max: 25 }),
    day: days,
    leadId: fc.constantFrom(...leadIds),
    fields: fc.record(
      {
        channel: fc.constantFrom('Search', 'search ', 'email', 'direct', ''),
        source: fc.constantFrom('google', 'Google', 'news'),
        medium: fc.constantFrom('cpc', 'organic'),
        campaign: fc.constantFrom('Spring', 'spring', 'fall'),
        content: fc.constantFrom('guide', 'ad-1'),
        sequence: fc.integer({ min: 0, max: 3 }),
        atCapture: fc.constant(true),
        minutes: fc.integer({ min: 0, max: 90 }),
      },
      { requiredKeys: [] },
    ),
    action: fc.constantFrom('visit', 'demo'),
    team: fc.constantFrom('marketing' as const, 'sales' as const),
  })
  .map(({ number, day, fields, ...rest }): JourneyTouch => {
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    return { touchId: `touch-${number}`, occurredAt: at(day), ...rest, ...given };
  });
const touches = fc.array(touch, { maxLength: 9 });
const minor = fc.oneof(
  fc.integer({ min: -500, max: 100_000 }),
  fc.integer({ min: 0, max: 2 ** 45 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 1e15, 7),
);
const amount = fc.record({ minor, currency: fc.constantFrom('EUR', 'USD', 'JPY') });
const facts = fc.record({
  journeyId: fc.constantFrom('deal-a', 'deal-b', 'deal-c', 'deal-d'),
  outcome: fc.constantFrom('won' as const, 'won' as const, 'lost' as const),
  closed: fc.integer({ min: 20, max: 38 }),
  opened: days,
  created: often(days),
  amounts: fc.array(amount, { maxLength: 2 }),
  people: fc.uniqueArray(fc.constantFrom(...leadIds), { maxLength: 3 }),
  owner: often(fc.constantFrom('Rep', 'rep')),
  product: often(fc.constantFrom('gtx', 'GTX')),
  more: rarely(fc.constant(true)),
});
const statement = fc
  .record({ facts, touches, removed: fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 4 }), again: fc.boolean() })
  .map(
    ({ facts: { closed, opened, created, amounts, people, owner, product, more, ...rest }, ...said }): JourneyEvent => {
      const data = {
        ...rest,
        closedAt: at(closed),
        openedAt: at(opened),
        ...(created !== undefined && { leadCreatedAt: at(created) }),
        leadIds: people,
        amounts: amounts.map((one) => ({ at: at(closed), amount: one })),
        ...(owner && { owner }),
        ...(product && { product }),
        ...(more && { more }),
      };
      return said.again
        ? {
            type: 'JourneyRestated',
            data: {
              ...data,
              reasons: ['late-touch'],
              added: said.touches.slice(0, 5),
              changed: said.touches.slice(5),
              removed: said.removed.map((number) => `touch-${number}`),
            },
          }
        : { type: 'JourneyClosed', data: { ...data, touches: said.touches } };
    },
  );
const reopened = facts.map(({ journeyId }): JourneyEvent => ({ type: 'JourneyReopened', data: { journeyId } }));
const histories = fc.array(fc.oneof({ weight: 8, arbitrary: statement }, { weight: 1, arbitrary: reopened }), {
  minLength: 1,
  maxLength: 14,
});

const channelRules: ChannelRules = {
  rules: [
    { when: { medium: 'cpc' }, channel: 'paid search', subChannel: '$campaign' },
    { when: { action: 'demo' }, channel: '$channel', subChannel: 'demo' },
    { when: { channel: '*' }, channel: '$channel' },
  ],
  otherwise: 'direct',
};
const parameters = fc.constantFrom<Partial<Attribution>>(
  {},
  {},
  { afterConversion: 'restart' },
  { afterConversion: 'restart', exclude: { channels: ['Direct'] } },
  { lookbackSteps: 2 },
  { include: { campaigns: ['SPRING'] } },
  { exclude: { when: [{ team: 'sales' }, { source: 'news' }] } },
  { transforms: [{ kind: 'exposure' }, { kind: 'remove-if-last-and-not-all', channels: ['direct'] }] },
  { transforms: [{ kind: 'first-occurrence' }, { kind: 'trim', steps: 3 }] },
  {
    transforms: [
      { kind: 'lookback', within: 'P10D', steps: 4 },
      { kind: 'remove-if-not-all', channels: ['email'] },
    ],
  },
  { weights: { first: 1 / 3, last: 1 / 3, mid: 1 / 3 }, halfLife: 'P3DT1H' },
  {
    stages: [
      { stage: 'demo', share: 0.3, action: 'Demo' },
      { stage: 'lead-creation', share: 0.123456789 },
    ],
    mid: 0.576543211,
  },
);
const questions = fc.record({
  by: fc.constantFrom(...dimensions.values),
  outcome: fc.constantFrom('won' as const, 'won' as const, 'lost' as const),
  own: parameters,
  lookback: fc.constantFrom('none', 'P5D', 'P20D'),
  rules: fc.boolean(),
  timeZone: fc.constantFrom('UTC', 'Pacific/Apia'),
  period: fc.record({
    from: rarely(fc.integer({ min: 15, max: 30 }).map(at)),
    to: rarely(fc.integer({ min: 25, max: 40 }).map(at)),
    currency: rarely(fc.constantFrom('EUR', 'USD', 'GBP')),
  }),
});
type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;
const given = <T extends object>(one: T) =>
  Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
const methodFor = async ({ own, lookback, rules, timeZone }: Question): Promise<Method> => ({
  ...(await methodAt(new NoDefinitions(), at(0))),
  ...(rules && { channelRules: { ref: 'channel-rules@1', body: channelRules } }),
  ...{ parameters: own, lookback, timeZone, registered: new Set(['guide']) },
  people: new Map([
    ['ada', { region: 'North', segment: null }],
    ['bea', { region: 'north ', segment: 'steel' }],
  ]),
});

/** When the people of won deals converted, from documents. */
const conversionsOf = (docs: readonly JourneyDocument[], { parameters }: Method, before?: Instant) => {
  if (parameters?.afterConversion !== 'restart') return undefined;
  const found = new Map<string, Instant[]>();
  for (const { status, outcome, closedAt, leadIds: people, touches: all } of docs)
    if (status === 'closed' && outcome === 'won' && (before === undefined || closedAt < before))
      for (const leadId of [...people, ...all.map((one) => one.leadId)])
        found.set(leadId, [...(found.get(leadId) ?? []), closedAt]);
  return found;
};

/** The journeys of a question as documents, in the order of read models. */
const documentsOf = async (events: readonly StoredEvent[], outcome: 'won' | 'lost', { period }: Question) => {
  const found: JourneyDocument[] = [];
  for await (const journey of journeysOf(await modelsOf([journeys], events), outcome, given(period)))
    found.push(journey);
  return found;
};

/** The reports as they are made document by document. */
const plainReports = async (events: readonly StoredEvent[], question: Question, method: Method, by: Dimension) => {
  const docs = [...foldAll(journeys, events).values()];
  const sums = summarizeCredit(attributionModels, by, method, conversionsOf(docs, method, question.period.to));
  for (const journey of await documentsOf(events, question.outcome, question)) sums.add(journey);
  return sums.reports();
};
const packedReports = (columns: JourneyColumns, { outcome, period }: Question, method: Method, by: Dimension) => {
  const sums = new CreditSums(attributionModels, by, method);
  sumColumns(sums, columns, columns.closed(outcome, given(period)), {
    revenue: outcome === 'won',
    conversions: sums.ready.restart ? columns.conversions(period.to) : undefined,
  });
  return sums.reports();
};
const packed = (docs: Iterable<readonly [string, JourneyDocument]>) => {
  const columns = new JourneyColumns();
  for (const [id, doc] of docs) columns.put(id, doc);
  return columns;
};

/** Columns after each event of a history: extended, and packed anew. */
function* positionsOf(history: readonly JourneyEvent[]) {
  const events = history.map((event) => recorded(event));
  const extended = new JourneyColumns();
  for (let position = 1; position <= events.length; position++) {
    const known = events.slice(0, position);
    const docs = foldAll(journeys, known);
    const { journeyId } = history[position - 1]!.data;
    extended.put(journeyId, docs.get(journeyId)!);
    yield { known, docs: [...docs.values()], position, columns: [extended, packed(docs)] };
  }
}

describe('credit from packed columns', () => {
  it('equals that from documents at every position, whether columns were extended or packed anew', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.array(questions, { minLength: 2, maxLength: 4 }), async (history, asked) => {
        for (const { known, position, columns } of positionsOf(history)) {
          const question = asked[position % asked.length]!;
          const method = await methodFor(question);
          const plain = await plainReports(known, question, method, question.by);
          for (const each of columns) expect(packedReports(each, question, method, question.by)).toEqual(plain);
        }
      }),
      { numRuns: repetitions(10, 2_000) },
    ));

  it('is the same for each journey, as paths and the return on spend take it', () =>
    fc.assert(
      fc.asyncProperty(histories, questions, fc.constantFrom('linear', 'w-shaped'), async (history, question, code) => {
        const [model] = attributionModels.filter((one) => one.code === code);
        const method = await methodFor(question);
        for (const { known, docs, columns } of positionsOf(history)) {
          const credit = crediting(model!, method, conversionsOf(docs, method, question.period.to));
          const all = new OutsideWindowSum();
          const plain = (await documentsOf(known, question.outcome, question)).map((journey) => {
            const { outside, eligible, ...rest } = credit(journey);
            outside(all);
            return [
              journey.journeyId,
              {
                ...rest,
                eligible: eligible.map(
                  ({ touch: { team, channel, subChannel, campaign }, credit: { weight, minor } }) => ({
                    ...{ team, channel, subChannel, campaign, weight, minor },
                  }),
                ),
              },
            ] as const;
          });
          for (const each of columns) {
            const own = packedCrediting(model!, method, each, question.period.to);
            const rows = each.inOrder(each.closed(question.outcome, given(question.period)));
            const credited = Array.from(rows, (row) => {
              const { eligible, ...rest } = own.credit(row);
              const flat = eligible.map(
                ({ touch: { team, channel, subChannel, campaign }, credit: { weight, minor } }) => ({
                  ...{ team, channel, subChannel, campaign, weight, minor },
                }),
              );
              return [each.ids[row], { ...rest, eligible: flat }] as const;
            });
            const outside = new OutsideWindowSum();
            own.addOutside(outside);
            expect(credited).toEqual(plain);
            expect(outside.sum(['EUR', 'JPY', 'USD'])).toEqual(all.sum(['EUR', 'JPY', 'USD']));
          }
        }
      }),
      { numRuns: repetitions(6, 1_000) },
    ));

  it('is the same under data-driven models, to the last bit', () =>
    fc.assert(
      fc.asyncProperty(histories, questions, async (history, question) => {
        const by = touchDimensions.find((one) => one === question.by) ?? 'channel';
        const method = await methodFor(question);
        const reports = (collected: CreditCollector) =>
          dataDrivenModels.map((model) => {
            const { transitions, ...report } = collected.report(model);
            return { ...report, transitions: transitions?.() };
          });
        for (const { known, docs, columns } of positionsOf(history)) {
          const plain = new CreditCollector(by, method, conversionsOf(docs, method, question.period.to));
          for (const outcome of ['won', 'lost'] as const)
            for (const journey of await documentsOf(known, outcome, question)) plain.add(journey, outcome);
          for (const each of columns) {
            const own = new CreditCollector(by, method);
            const conversions = own.ready.restart ? each.conversions(question.period.to) : undefined;
            for (const outcome of ['won', 'lost'] as const)
              own.addColumns(each, each.closed(outcome, given(question.period)), outcome, conversions);
            expect(reports(own)).toEqual(reports(plain));
          }
        }
      }),
      { numRuns: repetitions(5, 500) },
    ));

  describe('at the edges', () => {
    const stated = (journeyId: string, closed: number, all: readonly JourneyTouch[]): JourneyEvent => ({
      type: 'JourneyClosed',
      data: {
        ...{ journeyId, outcome: 'won', closedAt: at(closed), openedAt: at(0), leadIds: [] },
        ...{ amounts: [{ at: at(closed), amount: { minor: 100, currency: 'EUR' } }], touches: [...all] },
      },
    });
    const seen = (touchId: string, day: number, channel: string): JourneyTouch => ({
      ...{ touchId, occurredAt: at(day), leadId: 'ada', action: 'visit', team: 'marketing', channel },
    });
    const rowsOf = async (history: readonly JourneyEvent[], model: string, own: Partial<Attribution> = {}) => {
      const events = history.map((event) => recorded(event));
      const question: Question = {
        ...{ by: 'channel', outcome: 'won', own, lookback: 'none', rules: false, timeZone: 'UTC' },
        period: { from: undefined, to: undefined, currency: undefined },
      };
      const method = await methodFor(question);
      const reports = packedReports(packed(foldAll(journeys, events)), question, method, 'channel');
      expect(reports).toEqual(await plainReports(events, question, method, 'channel'));
      const { rows } = reports.find((report) => report.model === model)!;
      return rows.map(({ key, conversions }) => [key, conversions]);
    };
    it('a touch at the instant of an earlier conversion belongs to that one', async () => {
      const all = [seen('a', 1, 'search'), seen('b', 2, 'email'), seen('c', 3, 'fair')];
      const history = [stated('deal-a', 2, all.slice(0, 2)), stated('deal-b', 3, all)];
      const restart = { afterConversion: 'restart' } as const;
      expect(await rowsOf(history, 'first-touch', restart)).toEqual([
        ['fair', 1],
        ['search', 1],
      ]);
    });
    it('a journey is longer than those whose splits are kept', async () => {
      const long = Array.from({ length: 40 }, (_, n) => seen(`touch-${n}`, n / 10, `channel ${n % 3}`));
      const history = [0, 1, 15, 16, 17, 40].map((length) => stated(`deal-${length}`, 9, long.slice(0, length)));
      expect(await rowsOf([...history, ...history], 'linear')).toHaveLength(3);
    });
    it('a touch recorded twice takes part once', async () =>
      expect(await rowsOf([stated('deal-a', 3, [seen('a', 1, 'x'), seen('a', 2, 'y')])], 'participation')).toEqual([
        ['x', 1],
      ]));
    it('sums go beyond 2^53 and whole conversions', async () => {
      const large = Array.from({ length: 5 }, (_, deal) => {
        const { data, ...event } = stated(`deal-${deal}`, 9, [seen('a', 1, 'x'), seen('b', 2, 'y')]);
        const amounts = [{ at: at(9), amount: { minor: Number.MAX_SAFE_INTEGER - deal, currency: 'EUR' } }];
        return { ...event, data: { ...data, amounts } } as JourneyEvent;
      });
      expect(await rowsOf(large, 'linear')).toEqual([
        ['x', 2.5],
        ['y', 2.5],
      ]);
    });
  });

  const ofTouches = ['channel', 'sub-channel', 'campaign', 'source'] as const;
  it('is what questions are answered with, whether columns are kept or dropped in the middle', () =>
    fc.assert(
      fc.asyncProperty(histories, questions, async (history, question) => {
        const events = history.map((event) => recorded(event));
        const { people: _, registered: __, ...method } = await methodFor(question);
        const by = ofTouches.find((one) => one === question.by) ?? 'source';
        const learning = ['markov', 'shapley'];
        const codes = [...attributionModels.map(({ code }) => code), ...learning];
        const answer = { ...method, by, outcome: question.outcome, models: codes, ...given(question.period) };
        const dropped = await modelsOf([journeys], events); // packs anew whenever it is asked
        const columns = packed(foldAll(journeys, events));
        const kept = new ReadModels(dropped.documents, undefined, undefined, () => Promise.resolve(columns as never));
        const withoutMatrix = (reports: readonly object[]) =>
          reports.map((report) => ({ ...report, transitions: undefined }));
        const answered = await compareModels(kept, answer);
        expect(answered.slice(0, -learning.length)).toEqual(await plainReports(events, question, method, by));
        expect(withoutMatrix(answered)).toEqual(withoutMatrix(await compareModels(dropped, answer)));
      }),
      { numRuns: repetitions(5, 200) },
    ));
});
