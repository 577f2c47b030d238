import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { definitions, type DefinitionEvent } from '@baton/definitions';
import { toMs, type Instant, type Json, type StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import { dealChanges, deals, dealStageStays, touches, type OpportunityEvent } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { dataFile, describeWithData } from '../../../../test/support/data';
import { modelsOf } from '../../../../test/support/read-models';
import { figureOf } from '../../figures/catalogue.rules';
import { textOfExact } from '../../figures/exact.rules';
import { askFigures, builtInOfFigures, type Scope } from '../../figures/figures.query';
import { weeklyReviewOf } from '../weekly-review/weekly-review.query';
import { dealsUnderCheck, stageLimitsReport, winLossReport } from './deal-health.report';

const PROJECTIONS = [deals, dealChanges, dealStageStays, touches, leads, leadStageStays, definitions];
const midnight = (day: string): Instant => `${day}T00:00:00.000Z`;
const event = (opportunityId: string, type: OpportunityEvent['type'], day: string, data: object = {}) =>
  recorded({ type, data: { opportunityId, ...data } } as unknown as OpportunityEvent, {
    ...{ occurredAt: midnight(day), stream: `opportunity-${opportunityId}` },
  });
const ofLead = (type: LeadEvent['type'], day: string, data: object) =>
  recorded({ type, data } as unknown as LeadEvent, { occurredAt: midnight(day), stream: 'lead-x' });
const agreed = (body: object): readonly StoredEvent[] =>
  [
    {
      type: 'DefinitionProposed',
      data: { definitionId: 'pipeline', number: 1, body: body as Json, reason: 'x', reviewBy: '2025-01-01' },
    },
    { type: 'DefinitionPutInForce', data: { definitionId: 'pipeline', number: 1, from: midnight('2024-01-01') } },
  ].map((one) =>
    recorded(one as DefinitionEvent, { occurredAt: midnight('2024-01-01'), stream: 'definition-pipeline' }),
  );
const stagesAsked = async (models: ReadModels, at: Instant, question: object = {}) =>
  (
    (await stageLimitsReport.ask(question as never, { models, at } as never)) as {
      stages: readonly Record<string, unknown>[];
    }
  ).stages;
const valueOf = async (models: ReadModels, code: string, at: Instant, scope: Partial<Scope> = {}) => {
  const { figures } = await askFigures(models, [figureOf(code)], { filters: {}, ...scope }, at, builtInOfFigures);
  return figures[0]!.total.map(({ value }) => (value ? textOfExact(value) : null)).join();
};

describe('the health of open deals', () => {
  const body = {
    pipelines: [
      {
        code: 'sales',
        stages: [
          {
            code: 'demo',
            category: 'pipeline',
            limitDays: 20,
            silenceDays: 14,
            exit: { criteria: { role: 'champion', gte: 1 } },
          },
          { code: 'proposal', category: 'commit', proposal: true, limitDays: 10 },
        ],
        quality: {
          all: [
            { deal: 'amount', gte: 1 },
            { touches: { action: 'meeting' }, gte: 1, within: 'P30D' },
          ],
        },
        thresholds: { stuckQuantile: 0.5, stuckDeals: 3, proposalToClose: 0.9 },
      },
      { code: 'renewals', stages: [{ code: 'demo', category: 'omitted' }] },
    ],
  };
  const opened = (id: string, day: string, more: object = {}) =>
    event(id, 'OpportunityOpened', day, { pipeline: 'sales', stage: 'demo', ...more });
  const wonAfter = (id: string, days: number) => [
    opened(id, '2024-01-01'),
    event(id, 'OpportunityWon', midnight('2024-01-01').slice(0, 8) + String(1 + days).padStart(2, '0'), {
      leadIds: [],
    }),
  ];
  const meeting = (leadId: string, day: string) =>
    ofLead('TouchRecorded', day, { leadId, team: 'sales', action: 'meeting', direction: 'outbound' });
  const all = [
    ...agreed(body),
    ...[wonAfter('w1', 2), wonAfter('w2', 5), wonAfter('w3', 12)].flat(),
    // Six days in the stage in two stays, with an amount, a meeting and a close date that has passed.
    opened('a', '2024-02-01', {
      amount: { minor: 100, currency: 'EUR' },
      owner: 'rita',
      expectedCloseOn: '2024-02-20',
    }),
    event('a', 'OpportunityStageMoved', '2024-02-04', { from: 'demo', to: 'proposal' }),
    event('a', 'OpportunityStageMoved', '2024-02-18', { from: 'proposal', to: 'demo' }),
    event('a', 'ContactRoleAdded', '2024-02-01', { leadId: 'old', role: 'Champion' }),
    ofLead('LeadCaptured', '2024-01-01', { leadId: 'old' }),
    ofLead('LeadCaptured', '2024-01-01', { leadId: 'new' }),
    meeting('old', '2024-02-10'),
    ofLead('LeadMerged', '2024-02-11', { leadId: 'new', mergedLeadId: 'old', mergeNumber: 0 }),
    ofLead('LeadMergedInto', '2024-02-11', { leadId: 'old', survivorId: 'new', mergeNumber: 0 }),
    // In a stage with a limit of its own, as nobody was won from it, and without a limit of silence.
    opened('b', '2024-02-01'),
    event('b', 'OpportunityStageMoved', '2024-02-11', { from: 'demo', to: 'proposal' }),
    // In a pipeline without limits and criteria.
    event('c', 'OpportunityOpened', '2024-01-01', { pipeline: 'renewals', stage: 'demo' }),
    // Silent, though not long there.
    opened('d', '2024-02-02'),
    event('d', 'OpportunityLost', '2024-02-03', { reason: 'x', leadIds: [] }),
    event('d', 'OpportunityReopened', '2024-02-05', { reason: 'y' }),
  ];
  const on = (day: string) => midnight(day);
  const checkedOn = async (day: string, check: Parameters<typeof dealsUnderCheck>[1], scope: Partial<Scope> = {}) =>
    dealsUnderCheck(await modelsOf(PROJECTIONS, all), check, { filters: {}, ...scope }, on(day), builtInOfFigures);
  const idsOn = async (day: string, check: Parameters<typeof dealsUnderCheck>[1], scope: Partial<Scope> = {}) =>
    (await checkedOn(day, check, scope)).map(({ opportunityId }) => opportunityId).sort();

  it('has limits of the won deals in a stage, else of the pipeline', async () =>
    expect(await stagesAsked(await modelsOf(PROJECTIONS, all), on('2024-03-01'))).toEqual([
      {
        ...{ pipeline: 'renewals', stage: 'demo', wonDeals: 0, medianDays: null, quantile: 0.8, quantileDays: null },
        ...{ p90Days: null, limitDays: null, limitIs: null, definition: 'pipeline@1' },
      },
      {
        ...{ pipeline: 'sales', stage: 'demo', wonDeals: 3, medianDays: 5, quantile: 0.5, quantileDays: 5 },
        ...{ p90Days: 10.6, limitDays: 5, limitIs: 'won-deals', definition: 'pipeline@1' },
      },
      {
        ...{ pipeline: 'sales', stage: 'proposal', wonDeals: 0, medianDays: null, quantile: 0.5, quantileDays: null },
        ...{ p90Days: null, limitDays: 10, limitIs: 'definition', definition: 'pipeline@1' },
      },
    ]));

  it('counts days in the stage over all stays, to the hour', async () => {
    expect(await idsOn('2024-02-20', 'too-long')).toEqual(['d']);
    expect((await checkedOn('2024-02-20', 'all'))[1]).toMatchObject({
      opportunityId: 'd',
      daysInStage: 16,
      limitDays: 5,
    });
    expect(await idsOn('2024-02-21', 'too-long')).toEqual(['a', 'd']);
    expect(await idsOn('2024-02-22', 'too-long')).toEqual(['a', 'b', 'd']);
  });

  it('takes touches of the people, merged ones too, and events of the deal as activity', async () => {
    const before = await checkedOn('2024-02-17', 'all', {
      filters: { stage: { in: ['demo'] }, pipeline: { in: ['sales'] } },
    });
    expect(before.map(({ opportunityId, lastActivityAt }) => [opportunityId, lastActivityAt])).toEqual([
      ['d', on('2024-02-05')],
    ]);
    expect(await idsOn('2024-02-19', 'silent')).toEqual([]);
    expect(await idsOn('2024-02-20', 'silent')).toEqual(['d']);
    expect(await idsOn('2024-03-03', 'silent')).toEqual(['d']);
    expect(await idsOn('2024-03-04', 'silent')).toEqual(['a', 'd']);
    const reasons = await checkedOn('2024-03-04', 'stuck');
    expect(Object.fromEntries(reasons.map(({ opportunityId, stuckReason }) => [opportunityId, stuckReason]))).toEqual({
      ...{ a: 'too long in stage, and silent', b: 'too long in stage', d: 'too long in stage, and silent' },
    });
  });

  it('is in the weekly review: the stuck deals by reason, and those that are longest in their stage', async () => {
    const models = await modelsOf(PROJECTIONS, all);
    const week = { from: on('2024-02-26'), to: on('2024-03-04'), timeZone: 'UTC' };
    const { stuck, stuckDeals } = await weeklyReviewOf(models, week, on('2024-03-10'), builtInOfFigures);
    const valueIn = (code: string) => stuck.find((one) => one.code === code)!;
    expect(['open-deals', 'stuck-deals'].map((code) => valueIn(code).total[0]!.value)).toEqual(['4', '3']);
    expect(valueIn('stuck-deals').groups.map(({ key, values }) => [key, values[0]!.value])).toEqual([
      ['too long in stage, and silent', '2'],
      [null, '0'],
      ['too long in stage', '1'],
    ]);
    expect(stuckDeals.map(({ opportunityId, daysInStage }) => [opportunityId, daysInStage])).toEqual([
      ['d', 30 - 2 + 1],
      ['b', 22],
      ['a', 18],
    ]);
  });

  it('is that of deals whose stage has left the pipeline, without limits of its own', async () => {
    const left = opened('left', '2024-02-01', { stage: 'trial' });
    const models = await modelsOf(PROJECTIONS, [...all, left]);
    const scope = { filters: { stage: { in: ['trial'] } } };
    const asked = async (check: Parameters<typeof dealsUnderCheck>[1]) =>
      dealsUnderCheck(models, check, scope, on('2024-06-01'), builtInOfFigures);
    expect(await asked('all')).toMatchObject([
      { opportunityId: 'left', stage: 'trial', limitDays: null, silenceDays: null, stuckReason: null, quality: false },
    ]);
    expect(await asked('stuck')).toEqual([]);
    expect(await valueOf(models, 'open-deals', on('2024-06-01'), scope)).toBe('1');
  });

  it('counts a deal that was opened, won and reopened in one second as open', async () => {
    const second = [
      opened('quick', '2024-03-01'),
      event('quick', 'OpportunityWon', '2024-03-01', { leadIds: [] }),
      event('quick', 'OpportunityReopened', '2024-03-01', { reason: 'x' }),
    ];
    const open = async (to: string) =>
      valueOf(await modelsOf(PROJECTIONS, second), 'open-deals', on('2024-06-01'), { to });
    expect(await open('2024-03-01')).toBe('0');
    expect(await open('2024-03-01T00:00:00.001Z')).toBe('1');
  });

  it('says what is missing for quality and for the exit of the stage', async () => {
    const found = await checkedOn('2024-02-20', 'all');
    const of = (id: string) => found.find(({ opportunityId }) => opportunityId === id)!;
    expect(of('a')).toMatchObject({ quality: true, missingQuality: null, missingForExit: null });
    expect(of('b')).toMatchObject({
      ...{ quality: false, missingForExit: null },
      missingQuality: 'amount gte 1 and touches (action meeting) gte 1 in P30D',
    });
    expect(of('d')).toMatchObject({ quality: false, missingForExit: 'people as champion gte 1' });
    expect(of('c')).toMatchObject({ quality: null, missingQuality: null, missingForExit: null, limitDays: null });
    expect(await idsOn('2024-02-20', 'below-quality')).toEqual(['b', 'd']);
  });

  it('is overdue from the day after the expected close, in the time zone', async () => {
    expect(await idsOn('2024-02-20', 'overdue')).toEqual([]);
    expect(await idsOn('2024-02-21', 'overdue')).toEqual(['a']);
    expect(await idsOn('2024-02-21', 'overdue', { timeZone: 'America/Havana' })).toEqual([]);
  });

  it('is that of the end of a past period, and of each month', async () => {
    const models = await modelsOf(PROJECTIONS, all);
    const now = on('2024-06-01');
    expect(await valueOf(models, 'open-deals', now, { to: '2024-02-04' })).toBe('3');
    expect(await valueOf(models, 'open-deals', now, { to: '2024-02-05' })).toBe('3');
    expect(await valueOf(models, 'open-deals', now, { to: '2024-02-06' })).toBe('4');
    expect(await valueOf(models, 'stuck-deals', now, { to: '2024-02-20' })).toBe('1');
    const scope = { by: 'month', from: '2024-01-01', to: '2024-04-01', filters: {} };
    const { figures } = await askFigures(models, [figureOf('open-deals')], scope, now, builtInOfFigures);
    expect(figures[0]!.groups.map(({ group, values }) => [group.key, values[0]!.support])).toEqual([
      ['2024-01', 1],
      ['2024-02', 4],
      ['2024-03', 4],
    ]);
    const compared = { period: '2024-02', compare: 'previous-period' as const, by: 'stage', filters: {} };
    const { figures: both } = await askFigures(models, [figureOf('open-deals')], compared, now, builtInOfFigures);
    expect(
      both[0]!.groups.map(({ group, values: [one] }) => [group.key, one!.support, one!.compared?.toString()]),
    ).toEqual([
      ['demo', 3, '1'],
      ['proposal', 1, '0'],
    ]);
    expect(figures[0]!.definitions).toEqual(['pipeline@1']);
  });

  it('is of the version that was in force then', async () => {
    const models = await modelsOf(PROJECTIONS, all);
    const before = await dealsUnderCheck(
      models,
      'all',
      { to: '2024-01-01', filters: {} },
      on('2024-06-01'),
      builtInOfFigures,
    );
    expect(before).toEqual([]);
    const stages = await stagesAsked(await modelsOf(PROJECTIONS, all.slice(2)), on('2024-03-01'));
    expect(stages.map(({ stage, limitIs }) => [stage, limitIs])).toEqual([
      ['demo', null],
      ['demo', null],
      ['proposal', null],
    ]);
  });

  it('of closed deals has the target of the pipeline beside the rate', async () => {
    const models = await modelsOf(PROJECTIONS, all);
    const found = (await winLossReport.ask(
      { by: 'lossReason' } as never,
      { models, at: on('2024-06-01') } as never,
    )) as {
      readonly targets: readonly object[];
      readonly figures: readonly {
        readonly code: string;
        readonly total: readonly { readonly value: string | null }[];
      }[];
    };
    expect(found.targets).toEqual([{ pipeline: 'sales', proposalToClose: 0.9 }]);
    expect(found.figures.map(({ code, total }) => [code, total[0]?.value])).toContainEqual(['won-deals', '3']);
  });
});

describeWithData('stuck deals of 8 800 real ones', ['crm-sales-opportunities/sales_pipeline.csv'], () => {
  const rows = parse(readFileSync(dataFile('crm-sales-opportunities/sales_pipeline.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  const eventsOf = (row: Record<string, string>, index: number) => {
    const id = `deal-${index}`;
    const stage = row['deal_stage'] === 'Prospecting' ? 'Prospecting' : 'Engaging';
    const amount = row['close_value'] && { amount: { minor: Number(row['close_value']) * 100, currency: 'USD' } };
    const opening = { stage, owner: row['sales_agent'], product: row['product'], ...amount };
    const closed = { Won: ['OpportunityWon', {}], Lost: ['OpportunityLost', { reason: 'unknown' }] } as const;
    const close = closed[row['deal_stage'] as keyof typeof closed];
    return [
      event(id, 'OpportunityOpened', row['engage_date'] || '2017-12-31', opening),
      ...(close ? [event(id, close[0], row['close_date']!, { leadIds: [], ...close[1] })] : []),
    ];
  };
  const LAST = midnight('2017-12-31');
  let models: ReadModels;
  beforeAll(async () => {
    models = await modelsOf(PROJECTIONS, rows.flatMap(eventsOf));
  });
  const daysOf = (from: string, to: string) => (toMs(midnight(to)) - toMs(midnight(from))) / 86_400_000;
  const quantile = (values: readonly number[], share: number) => {
    const sorted = [...values].sort((a, b) => a - b);
    const place = (sorted.length - 1) * share;
    const low = sorted[Math.floor(place)]!;
    return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1);
  };

  it('are those of the specification', async () => {
    expect(await stagesAsked(models, LAST)).toEqual([
      expect.objectContaining({
        ...{ stage: 'Engaging', wonDeals: 4238, medianDays: 57, quantileDays: 93, p90Days: 106 },
        ...{ limitDays: 93, limitIs: 'won-deals' },
      }),
      expect.objectContaining({ stage: 'Prospecting', wonDeals: 0, limitDays: null }),
    ]);
    const engaging = { filters: { stage: { in: ['Engaging'] } } };
    expect(await valueOf(models, 'stuck-deals', LAST, engaging)).toBe('1467');
    expect(await valueOf(models, 'open-deals', LAST, engaging)).toBe('1589');
    expect(await valueOf(models, 'stuck-deals', LAST)).toBe('1467');
  });

  it('are counted one by one, by agent and at the end of each quarter, as known then', async () => {
    for (const day of ['2017-04-01', '2017-07-01', '2017-10-01', '2017-12-31']) {
      const wonBy = rows.filter((row) => row['deal_stage'] === 'Won' && row['close_date']! < day);
      const limit = quantile(
        wonBy.map((row) => daysOf(row['engage_date']!, row['close_date']!)),
        0.8,
      );
      const open = rows.filter(
        (row) => row['engage_date'] && row['engage_date'] < day && !(row['close_date'] && row['close_date'] < day),
      );
      const stuck = open.filter((row) => daysOf(row['engage_date']!, day) > limit);
      expect([day, await valueOf(models, 'open-deals', LAST, { to: day })]).toEqual([day, String(open.length)]);
      expect([day, await valueOf(models, 'stuck-deals', LAST, { to: day })]).toEqual([day, String(stuck.length)]);
      const { figures } = await askFigures(
        models,
        [figureOf('stuck-rate')],
        { to: day, by: 'owner', filters: {} },
        LAST,
        builtInOfFigures,
      );
      for (const { group, values } of figures[0]!.groups) {
        const of = (some: typeof rows) => BigInt(some.filter((row) => row['sales_agent'] === group.key).length);
        expect([group.key, values[0]]).toMatchObject([group.key, { numerator: of(stuck), denominator: of(open) }]);
      }
    }
  });
});
