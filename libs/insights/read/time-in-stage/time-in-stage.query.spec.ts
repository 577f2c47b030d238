import { builtInOfFigures } from '../../figures/figures.query';
import fc from 'fast-check';
import { DAY_MS, fromMs, NoDefinitions, toMs, type DefinitionSource, type StoredEvent } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import { deals, dealStageStays, type OpportunityEvent } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { histogramOf } from './stage-times.rules';
import { timeInStage, timeInStageRows, type TimeInStageQuestion } from './time-in-stage.query';

const NOW = '2024-07-01T00:00:00.000Z';
const BEGIN = toMs('2024-01-01T00:00:00.000Z');
const at = (hour: number) => fromMs(BEGIN + hour * 3_600_000);
const deal = (id: string, type: OpportunityEvent['type'], hour: number, data: object = {}) =>
  recorded({ type, data: { opportunityId: id, leadIds: [], ...data } } as unknown as OpportunityEvent, {
    occurredAt: at(hour),
  });
const opened = (id: string, hour: number, more: object = {}) =>
  deal(id, 'OpportunityOpened', hour, { stage: 'demo', ...more });
const moved = (id: string, hour: number, to: string) => deal(id, 'OpportunityStageMoved', hour, { from: 'x', to });

const modelsFrom = (events: readonly StoredEvent[]) => modelsOf([leads, leadStageStays, deals, dealStageStays], events);
const questionOf = (question: Partial<TimeInStageQuestion>): TimeInStageQuestion => ({
  ...{ over: 'deals', measure: 'cumulative', clock: 'wall', inside: false, scope: { filters: {} } },
  ...question,
});
const stageOf = async (
  events: readonly StoredEvent[],
  stage: string,
  question: Partial<TimeInStageQuestion> = {},
  instant = NOW,
  definitions: DefinitionSource = new NoDefinitions(),
) => {
  const { stages } = await timeInStage(
    await modelsFrom(events),
    definitions,
    questionOf(question),
    instant,
    builtInOfFigures,
  );
  return stages.find((one) => one.stage === stage)!;
};
const numbers = ({ values }: Awaited<ReturnType<typeof stageOf>>) =>
  Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value?.toNumber()]));

// In demo from 0 to 24 and from 72 to 96, then won; the second one is still there.
const twice = [
  ...[
    opened('a', 0, { owner: 'ann' }),
    moved('a', 24, 'offer'),
    moved('a', 72, 'demo'),
    deal('a', 'OpportunityWon', 96),
  ],
  opened('b', 24),
];

describe('time in stage', () => {
  it('is that of all stays together, of the latest or of each', async () => {
    expect(numbers(await stageOf(twice, 'demo'))).toEqual({
      ...{ entered: 3, left: 2, there: 1, mean: 2, median: 2, p90: 2 },
    });
    expect(numbers(await stageOf(twice, 'demo', { measure: 'latest' }))).toMatchObject({ mean: 1 });
    const each = await stageOf(twice, 'demo', { measure: 'each' });
    expect([each.values.mean.support, numbers(each)['mean']]).toEqual([2, 1]);
  });

  it('goes on while they are inside, if that is asked for', async () => {
    const inside = await stageOf(twice, 'demo', { inside: true }, at(24 + 96));
    expect([inside.values.mean.support, numbers(inside)['mean']]).toEqual([2, 3]);
    const later = await stageOf(twice, 'demo', { inside: true }, at(24 + 144));
    expect(numbers(later)['mean']).toBe(4);
    const rows = await timeInStageRows(
      ...([
        await modelsFrom(twice),
        new NoDefinitions(),
        questionOf({ inside: true }),
        { stage: 'demo' },
        at(120),
      ] as const),
      builtInOfFigures,
    );
    expect(
      rows.map(({ entityId, inside: is, visits, ms, latestAt, leftAt }) => [
        entityId,
        is,
        visits,
        ms / DAY_MS,
        latestAt,
        leftAt,
      ]),
    ).toEqual([
      ['a', false, 2, 2, at(72), at(96)],
      ['b', true, 1, 4, at(24), at(120)],
    ]);
  });

  it('is of those who left in the period', async () => {
    const first = { measure: 'each', scope: { filters: {}, from: at(0), to: at(25) } } as const;
    expect(numbers(await stageOf(twice, 'demo', first))).toEqual({
      ...{ entered: 2, left: 1, there: 1, mean: 1, median: 1, p90: 1 },
    });
    // Its latest stay ended later.
    expect(numbers(await stageOf(twice, 'demo', { ...first, measure: 'cumulative' }))['mean']).toBeUndefined();
  });

  it('is told apart by dimensions', async () => {
    const { groups } = await stageOf(twice, 'demo', { inside: true, scope: { filters: {}, by: 'owner' } }, at(120));
    expect(groups.map(({ group: { key }, values }) => [key, values.mean.value?.toNumber()])).toEqual([
      ['ann', 2],
      [null, 4],
    ]);
    const question = questionOf({ inside: true, scope: { filters: {}, by: 'owner' } });
    const where = { stage: 'demo', group: { key: 'ann', isOther: false } };
    const rows = await timeInStageRows(
      await modelsFrom(twice),
      new NoDefinitions(),
      question,
      where,
      at(120),
      builtInOfFigures,
    );
    expect(rows.map(({ entityId }) => entityId)).toEqual(['a']);
  });

  it('has a histogram of as many bins as the cube root of its times', async () => {
    expect(histogramOf([3600, 2220, 82_800])).toEqual([
      { from: 2220, to: 42_510, count: 2 },
      { from: 42_510, to: 82_800, count: 1 },
    ]);
    expect(histogramOf([])).toEqual([]);
    expect(histogramOf([5, 5, 5])).toEqual([{ from: 5, to: 5, count: 3 }]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e11 }), { minLength: 1, maxLength: 200 }), (values) => {
        const bins = histogramOf(values);
        const different = new Set(values).size > 1;
        expect(bins).toHaveLength(different ? Math.ceil(values.length ** (1 / 3) - 1e-9) : 1);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        expect([bins[0]!.from, bins.at(-1)!.to]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
    const events = [
      opened('a', 0),
      moved('a', 10, 'x'),
      opened('b', 0),
      moved('b', 20, 'x'),
      opened('c', 0),
      moved('c', 90, 'x'),
    ];
    const { histogram } = await stageOf(events, 'demo');
    for (const [index, { count }] of histogram.entries()) {
      const where = { stage: 'demo', bin: index + 1 };
      const rows = await timeInStageRows(
        await modelsFrom(events),
        new NoDefinitions(),
        questionOf({}),
        where,
        NOW,
        builtInOfFigures,
      );
      expect(rows).toHaveLength(count);
    }
    const none = timeInStageRows(
      await modelsFrom(events),
      new NoDefinitions(),
      questionOf({}),
      { stage: 'demo', bin: 3 },
      NOW,
      builtInOfFigures,
    );
    await expect(none).rejects.toMatchObject({ code: 'time-in-stage/no-bin', path: 'bin' });
  });

  it('counts open hours only, in the time of business', async () => {
    const office = {
      timeZone: 'UTC',
      hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
    };
    const agreed = { forKinds: () => Promise.resolve(() => ({ ref: 'business-calendar@1', body: office })) };
    // 2024-01-01 is a Monday.
    const events = [opened('a', 12), moved('a', 24 + 10, 'offer')];
    const found = await stageOf(events, 'demo', { clock: 'business' }, NOW, agreed as unknown as DefinitionSource);
    expect(numbers(found)['mean']).toBe(5 + 1);
    const weekend = [opened('a', 4 * 24 + 16), moved('a', 7 * 24 + 10, 'offer')];
    const over = await stageOf(weekend, 'demo', { clock: 'business' }, NOW, agreed as unknown as DefinitionSource);
    expect(numbers(over)['mean']).toBe(1 + 1);
  });

  it('of leads is in the order of their stages', async () => {
    const lead = (type: LeadEvent['type'], hour: number, data: object = {}) =>
      recorded({ type, data: { leadId: 'l', ...data } } as unknown as LeadEvent, { occurredAt: at(hour) });
    const models = await modelsFrom([
      ...[lead('LeadCaptured', 0), lead('LeadQualified', 24, { definition: 'mql@1' })],
      lead('LeadHandedOff', 48, { definition: 'mql@1', rep: 'rita', count: 1 }),
    ]);
    const { stages } = await timeInStage(
      models,
      new NoDefinitions(),
      questionOf({ over: 'people' }),
      NOW,
      builtInOfFigures,
    );
    expect(stages.map(({ stage, values }) => [stage, values.mean.value?.toNumber()])).toEqual([
      ['lead', 1],
      ['mql', 1],
      ['handed-off', undefined],
    ]);
  });

  it('adds up the stays of each deal, whatever they are', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(fc.tuple(fc.constantFrom('demo', 'offer', 'trial'), fc.integer({ min: 1, max: 30 })), {
            maxLength: 6,
          }),
          { maxLength: 5 },
        ),
        async (all) => {
          let expected = 0;
          const events = all.flatMap((moves, index) => {
            let [hour, stage] = [0, 'demo'];
            const its = [opened(`d${index}`, 0)];
            for (const [to, gap] of moves) {
              if (stage === 'demo') expected += gap;
              hour += gap;
              its.push(moved(`d${index}`, hour, to));
              stage = to;
            }
            if (stage === 'demo') expected += 1000 - hour;
            return its;
          });
          const found = await stageOf(events, 'demo', { inside: true }, at(1000));
          expect(found?.values.mean.numerator ?? 0n).toBe(BigInt(expected * 3_600_000));
        },
      ),
      { numRuns: repetitions(25, 500) },
    ));

  it.each([
    [{ clock: 'business' as const }, 'time-in-stage/no-calendar', 'clock'],
    [{ scope: { filters: {}, windowMs: 1 } }, 'figures/no-window', 'window'],
    [{ scope: { filters: {}, by: 'queue' } }, 'figures/unknown-dimension', 'by'],
    [{ scope: { filters: {}, from: '2024-02-01', to: '2024-01-01' } }, 'time/empty-period', 'to'],
    [{ scope: { filters: {}, timeZone: 'Mars/Olympus' } }, 'time/unknown-zone', 'timeZone'],
  ])('refuses %j', (question, code, path) =>
    expect(stageOf(twice, 'demo', question)).rejects.toMatchObject({ code, path }),
  );
});
