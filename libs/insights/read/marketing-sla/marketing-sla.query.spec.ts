import { definitions, type DefinitionEvent } from '@baton/definitions';
import type { StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { deliveries, leads, type LeadEvent } from '@baton/leads';
import fc from 'fast-check';
import { modelsOf } from '../../../../test/support/read-models';
import { deliveriesBehind, marketingSla } from './marketing-sla.query';
import { attainment, calendarPeriod, neededFor, numberOf, fractionText, roundUp } from './marketing-sla.rules';

const usd = (minor: number) => ({ minor, currency: 'USD' });
const pipeline = { target: usd(200_000_000), averageDeal: usd(5_000_000), opportunityRate: 0.25 };

describe('the numbers needed for a pipeline', () => {
  const needed = (side: object, months: number) => neededFor(side as never, months);
  it('are 160 sales-qualified leads per quarter, 53⅓ per month, 640 per year', () => {
    const of = (months: number) => fractionText(needed({ per: 'quarter', pipeline }, months).salesQualified!);
    expect([of(3), of(1), of(12)]).toEqual(['160', '53 1/3', '640']);
  });
  it('are exact where binary fractions are not', () => {
    const of = (opportunityRate: number, target: number) =>
      fractionText(
        needed({ per: 'month', pipeline: { target: usd(target), averageDeal: usd(1), opportunityRate } }, 1)
          .salesQualified!,
      );
    expect(of(0.1, 3)).toBe('30');
    expect(of(0.3, 1)).toBe('3 1/3');
    expect(of(1, 9_007_199_254_740_991)).toBe('9007199254740991');
    expect(of(1e-300, 1)).toBe(`1${'0'.repeat(300)}`);
  });
  it('are spread over other periods', () => {
    expect(fractionText(needed({ per: 'year', qualified: 100 }, 1).qualified!)).toBe('8 1/3');
    expect(fractionText(needed({ per: 'year', qualified: 1 }, 3).qualified!)).toBe('1/4');
    expect(needed({ per: 'month', qualified: 5 }, 3)).toEqual({ qualified: { numerator: 15n, denominator: 1n } });
  });
  it('of months sum to their quarter, rounded up to a whole number', () => {
    const amount = fc.integer({ min: 1, max: 10 ** 12 });
    const rate = fc.integer({ min: 1, max: 1000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(amount, amount, rate, (target, average, opportunityRate) => {
        const side = { per: 'quarter', pipeline: { target: usd(target), averageDeal: usd(average), opportunityRate } };
        const [month, quarter] = [needed(side, 1).salesQualified!, needed(side, 3).salesQualified!];
        expect(month.numerator * 3n * quarter.denominator).toBe(quarter.numerator * month.denominator);
        expect(roundUp(quarter)).toBeGreaterThanOrEqual(numberOf(quarter) * (1 - 1e-15));
        expect(roundUp(quarter) - 1).toBeLessThan(numberOf(quarter));
      }),
    );
  });
});

describe('a calendar period', () => {
  const at = '2024-03-31T23:30:00.000Z';
  it('is a month, a quarter or a year in the zone', () => {
    expect(calendarPeriod('2024-Q1', 'UTC', at)).toEqual({
      key: '2024-Q1',
      from: '2024-01-01T00:00:00.000Z',
      to: '2024-04-01T00:00:00.000Z',
      months: 3,
    });
    expect(calendarPeriod('2024', 'UTC', at)).toMatchObject({ to: '2025-01-01T00:00:00.000Z', months: 12 });
    // Daylight saving changes within the month.
    expect(calendarPeriod('2024-03', 'America/New_York', at)).toMatchObject({
      from: '2024-03-01T05:00:00.000Z',
      to: '2024-04-01T04:00:00.000Z',
    });
    expect(calendarPeriod(undefined, 'Europe/Berlin', at).key).toBe('2024-04');
  });
  it.each(['2024-13', '2024-Q5', '24', '2024-1', '0000', '9999', '2024-01-01', "2024'; --", ''])('is not "%s"', (key) =>
    expect(() => calendarPeriod(key, 'UTC', at)).toThrow(expect.objectContaining({ code: 'insights/unknown-period' })),
  );
  it('needs an existing time zone', () =>
    expect(() => calendarPeriod('2024', 'Mars/X', at)).toThrow(expect.objectContaining({ code: 'time/unknown-zone' })));
});

describe('progress towards a commitment', () => {
  const january = { from: '2024-01-01T00:00:00.000Z', to: '2024-02-01T00:00:00.000Z' };
  const third = { numerator: 160n, denominator: 3n };
  it('is on pace when the elapsed part is delivered, to the millisecond', () => {
    const half = '2024-01-16T12:00:00.000Z';
    const even = { numerator: 62n, denominator: 1n };
    expect(attainment(even, 31, january, half)).toMatchObject({ neededByNow: 31, onPace: true, projected: 62 });
    expect(attainment(even, 31, january, '2024-01-16T12:00:00.001Z').onPace).toBe(false);
  });
  it('reports the missing number in whole leads', () =>
    expect(attainment(third, 53, january, january.to)).toMatchObject({ needed: '53 1/3', missing: 1, onPace: false }));
  it('has no projection at the very beginning, and no attainment without a commitment', () => {
    expect(attainment(third, 0, january, january.from)).toMatchObject({ projected: null, onPace: true, attained: 0 });
    expect(attainment(undefined, 5, january, january.to)).toMatchObject({ needed: null, onPace: null, projected: 5 });
  });
});

const on = (day: string) => `2024-${day}T00:00:00.000Z`;
const event = (id: string, day: string, told: LeadEvent): StoredEvent => recorded(told, { id, occurredAt: on(day) });
const qualified = (leadId: string, day: string, definition = 'mql@1') =>
  event(`q-${leadId}-${day}`, day, { type: 'LeadQualified', data: { leadId, definition } });
const handed = (leadId: string, day: string, definition: string, found?: object) =>
  event(`h-${leadId}-${day}`, day, {
    type: 'LeadHandedOff',
    data: { leadId, definition, rep: 'rita', count: 1, ...(found && { package: found as never }) },
  });
const agreed = (definitionId: string, number: number, body: object): StoredEvent[] => [
  recorded<DefinitionEvent>(
    {
      type: 'DefinitionProposed',
      data: { definitionId, number, body: body as never, reason: 'x', reviewBy: '2024-06-01' },
    },
    { occurredAt: '2023-01-01T00:00:00.000Z' },
  ),
  recorded<DefinitionEvent>(
    { type: 'DefinitionPutInForce', data: { definitionId, number, from: '2023-01-01T00:00:00.000Z' } },
    { occurredAt: '2023-01-01T00:00:00.000Z' },
  ),
];
const history = [
  ...agreed('mql', 1, { criteria: { field: 'employees', op: '>=', value: 50 } }),
  ...agreed('mql', 2, { statement: 'As marketing sees it.' }),
  ...agreed('scoring-model', 1, { threshold: 50 }),
  ...['ann', 'anna', 'bob', 'cy'].map((leadId) =>
    event(`c-${leadId}`, '01-01', { type: 'LeadCaptured', data: { leadId } }),
  ),
  event('m1', '01-02', { type: 'LeadMerged', data: { leadId: 'ann', mergedLeadId: 'anna', mergeNumber: 0 } }),
  event('m2', '01-02', { type: 'LeadMergedInto', data: { leadId: 'anna', survivorId: 'ann', mergeNumber: 0 } }),
  qualified('ann', '01-05'),
  qualified('anna', '01-06'),
  qualified('ann', '01-20', 'mql@2'), // again, after it was recycled
  qualified('bob', '01-07', 'scoring-model@1'),
  qualified('cy', '02-01'),
  event('s1', '01-25', { type: 'LeadSalesQualified', data: { leadId: 'ann', definition: 'sql@1' } }),
  handed('ann', '01-06', 'mql@1', { complete: true, missing: [] }),
  handed('ann', '01-21', 'mql@2', { complete: false, missing: ['contact', 'source'] }),
  handed('bob', '01-08', 'scoring-model@1', { complete: false, missing: ['source'] }),
  handed('cy', '01-09', 'external:crm'),
  handed('cy', '02-02', 'mql@1', { complete: true, missing: [] }),
];

describe('the commitment of marketing', () => {
  const policy = agreed('sla-policy', 1, { obligations: [], marketing: { per: 'month', qualified: 4, pipeline } });
  const models = modelsOf([definitions, deliveries, leads], [...history, ...policy]);

  it('counts people once and states what was committed', async () =>
    expect(await marketingSla(await models, { period: '2024-01', at: on('01-16') })).toMatchObject({
      definition: 'sla-policy@1',
      qualified: { needed: '4', soFar: 2, missing: 2, attained: 0.5 },
      salesQualified: { needed: '160', soFar: 1, missing: 159 },
      warnings: [],
    }));
  it('counts every handoff, over threshold or not, complete or not', async () =>
    expect((await marketingSla(await models, { period: '2024-01', at: on('03-01') })).handoffs).toEqual({
      total: 4,
      overThreshold: 2,
      judgedByPeople: 1,
      external: 1,
      overThresholdShare: 0.5,
      complete: 1,
      incomplete: 2,
      withoutPackage: 1,
      completeShare: 0.25,
      missing: [
        { part: 'source', handoffs: 2 },
        { part: 'contact', handoffs: 1 },
      ],
    }));
  it('lists as many rows as it counts', async () => {
    for (const period of ['2024-01', '2024-02', '2024-Q1', '2024', '2023']) {
      const question = { period, at: on('03-01') };
      const { qualified, salesQualified, handoffs } = await marketingSla(await models, question);
      const behind = async (kind: 'qualified' | 'handed-off' | 'sales-qualified') =>
        (await deliveriesBehind(await models, { ...question, kind })).length;
      expect([await behind('qualified'), await behind('sales-qualified'), await behind('handed-off')]).toEqual([
        qualified.soFar,
        salesQualified.soFar,
        handoffs.total,
      ]);
    }
    expect(
      (await deliveriesBehind(await models, { kind: 'qualified', period: '2024-01', at: on('03-01') })).map(
        ({ eventId }) => eventId,
      ),
    ).toEqual(['q-ann-01-05', 'q-bob-01-07']);
  });
  it('warns if nothing was committed', async () => {
    const none = await marketingSla(await modelsOf([definitions, deliveries, leads], history), { at: on('01-16') });
    expect(none).toMatchObject({ definition: null, qualified: { needed: null, soFar: 2 } });
    expect(none.warnings).toHaveLength(1);
    const sales = [...history, ...agreed('sla-policy', 1, { obligations: [] })];
    expect(
      await marketingSla(await modelsOf([definitions, deliveries, leads], sales), { at: on('01-16') }),
    ).toMatchObject({ definition: 'sla-policy@1', salesQualified: { needed: null }, warnings: none.warnings });
  });
});
