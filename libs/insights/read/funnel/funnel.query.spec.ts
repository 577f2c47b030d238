import { builtInOfFigures } from '../../figures/figures.query';
import fc from 'fast-check';
import { fromMs, toMs, type StoredEvent } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import { deals, dealStageStays, touches, type OpportunityEvent } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { textOfExact } from '../../figures/exact.rules';
import type { ComparedValue } from '../../figures/figures.query';
import { funnel, funnelRows, type Funnel, type FunnelQuestion, type StepValues } from './funnel.query';
import { readings } from './funnel.rules';

const NOW = '2024-07-01T00:00:00.000Z';
const DAY = 86_400_000;
const projections = [leads, leadStageStays, deals, dealStageStays, touches];
const at = (minutes: number) => fromMs(toMs('2024-01-01T12:00:00.000Z') + minutes * 60_000);
/** A touch of a lead so many minutes after noon. */
const did = (leadId: string, action: string, minutes: number) =>
  recorded({ type: 'TouchRecorded', data: { leadId, action, team: 'marketing' } } as LeadEvent, {
    occurredAt: at(minutes),
  });
const dealEvent = (opportunityId: string, type: OpportunityEvent['type'], minutes: number, data: object = {}) =>
  recorded({ type, data: { opportunityId, leadIds: [], ...data } } as unknown as OpportunityEvent, {
    occurredAt: at(minutes),
  });
const leadEvent = (leadId: string, type: LeadEvent['type'], minutes: number, data: object = {}) =>
  recorded({ type, data: { leadId, ...data } } as unknown as LeadEvent, { occurredAt: at(minutes) });
const captured = (leadId: string, minutes: number, data: object = {}) =>
  leadEvent(leadId, 'LeadCaptured', minutes, data);
const qualified = (leadId: string, minutes: number) =>
  leadEvent(leadId, 'LeadQualified', minutes, { definition: 'mql@1' });

const asked = async (events: readonly StoredEvent[], question: Partial<FunnelQuestion>, instant = NOW) =>
  funnel(await modelsOf(projections, events), questionOf(question), instant, builtInOfFigures);
const questionOf = (question: Partial<FunnelQuestion>): FunnelQuestion => ({
  ...{ over: 'activities', steps: ['A', 'B', 'C'], reading: 'in-order', unit: 'person', exclude: [] },
  scope: { filters: {} },
  ...question,
});
const counts = ({ steps }: Pick<Funnel, 'steps'>) =>
  steps.map(({ entered }) => Number(textOfExact(entered.value.value!)));
const seconds = ({ value }: ComparedValue) =>
  value === undefined ? null : value.times(86_400).toDecimalPlaces(6).toNumber();
const timesOf = ({ mean, median }: StepValues) => [seconds(mean.value), seconds(median.value)];

describe('a funnel', () => {
  it('counts who came to each step, and how long they took since the one before', async () => {
    const found = await asked(
      [
        ...[did('p1', 'A', 0), did('p1', 'B', 60), did('p1', 'C', 180), did('p2', 'A', 120), did('p2', 'B', 240)],
        ...[did('p3', 'A', 120), did('p3', 'B', 240), did('p3', 'C', 300)],
      ],
      {},
    );
    expect(counts(found)).toEqual([3, 3, 2]);
    expect(timesOf(found.steps[1]!)).toEqual([6000, 7200]);
    expect(timesOf(found.steps[2]!)).toEqual([5400, 5400]);
  });

  it('counts a step within its window, the edge included', async () => {
    const events = [
      ...['a', 'b', 'c'].map((lead) => did(lead, 'sign-up', 0)),
      ...[did('a', 'page-view', 5), did('c', 'page-view', 15)],
    ];
    const within = (windowMs: number) =>
      asked(events, { steps: ['sign-up', 'page-view'], scope: { filters: {}, windowMs } });
    const long = await within(14 * DAY);
    expect([counts(long), seconds(long.steps[1]!.mean.value)]).toEqual([[3, 2], 600]);
    const short = await within(5 * 60_000);
    expect([counts(short), seconds(short.steps[1]!.mean.value)]).toEqual([[3, 1], 300]);
  });

  it('has three readings', async () => {
    const events = [
      ...[did('p1', 'A', 0), did('p1', 'B', 1), did('p1', 'C', 2), did('p2', 'A', 0), did('p2', 'C', 1)],
      ...[did('p3', 'B', 0), did('p3', 'A', 1), did('p3', 'C', 2)],
    ];
    const all = await Promise.all(readings.map((reading) => asked(events, { reading })));
    expect(all.map(counts)).toEqual([
      [3, 1, 1],
      [3, 3, 2],
      [3, 3, 3],
    ]);
  });

  it('takes the furthest of several attempts, then the fastest', async () => {
    const events = [did('p', 'A', 0), did('p', 'B', 60), did('p', 'A', 100), did('p', 'A', 200)];
    const found = await asked(events, { steps: ['A', 'B'] });
    expect([counts(found), seconds(found.steps[1]!.mean.value)]).toEqual([[1, 1], 3600]);
  });

  it('goes in the order of the log where several things are of one instant', async () => {
    const events = ['A', 'B', 'C'].flatMap((action) => [did('p', action, 0), did('q', action, 0)]).reverse();
    const inLog = events.map((event, revision) => ({ ...event, revision }));
    expect(counts(await asked(inLog, {}))).toEqual([2, 0, 0]);
    expect(counts(await asked(inLog, { steps: ['C', 'B', 'A'] }))).toEqual([2, 2, 2]);
  });

  it('of accounts takes the steps of all their people together, in any spelling of the name', async () => {
    const events = [
      ...[captured('a', 0, { company: 'Acme' }), captured('b', 0, { company: ' ACME ' }), captured('c', 0)],
      ...[did('a', 'A', 1), did('b', 'B', 2), did('c', 'A', 1)],
    ];
    const question = { steps: ['A', 'B'], unit: 'account' } as const;
    const found = await asked(events, question);
    expect([counts(found), found.withoutAccount]).toEqual([[1, 1], 1]);
    expect(counts(await asked(events, { steps: ['A', 'B'] }))).toEqual([2, 0]);
    const rows = await funnelRows(
      await modelsOf(projections, events),
      questionOf(question),
      2,
      { side: 'numerator' },
      NOW,
      builtInOfFigures,
    );
    expect(rows).toEqual([{ id: 'Acme', entity: 'Lead', entityId: 'a', at: at(1) }]);
  });

  it('of deals ends with their close', async () => {
    const events = [
      ...[
        dealEvent('d', 'OpportunityOpened', 0, { stage: 'demo' }),
        dealEvent('d', 'OpportunityStageMoved', 5, { from: 'demo', to: 'offer' }),
      ],
      ...[dealEvent('d', 'OpportunityWon', 9), dealEvent('e', 'OpportunityOpened', 0, { stage: 'demo' })],
      ...[
        dealEvent('e', 'OpportunityLost', 3, { reason: 'price' }),
        dealEvent('f', 'OpportunityOpened', 0, { stage: 'demo' }),
      ],
    ];
    const found = await asked(events, { over: 'deals', steps: ['demo', 'offer', 'won'] });
    expect(counts(found)).toEqual([3, 1, 1]);
    expect(found.steps[1]!.rate.value).toMatchObject({ numerator: 1n, denominator: 3n, open: 1 });
    expect(counts(await asked(events, { over: 'deals', steps: ['demo', 'won'], exclude: ['offer'] }))).toEqual([3, 0]);
  });

  it('of a deal that is opened, won and reopened in one second goes in the order of the log', async () => {
    const events = [
      ...[dealEvent('d', 'OpportunityOpened', 0, { stage: 'demo' }), dealEvent('d', 'OpportunityWon', 0)],
      dealEvent('d', 'OpportunityReopened', 0, { reason: 'budget' }),
    ];
    const found = await asked(events, { over: 'deals', steps: ['demo', 'won'] });
    expect([counts(found), seconds(found.steps[1]!.median.value)]).toEqual([[1, 1], 0]);
    expect(counts(await asked(events, { over: 'deals', steps: ['won', 'demo'] }))).toEqual([1, 1]);
    const again = [...events, dealEvent('d', 'OpportunityLost', 5, { reason: 'price' })];
    expect(counts(await asked(again, { over: 'deals', steps: ['demo', 'won', 'lost'] }))).toEqual([1, 1, 1]);
  });

  it('is compared with that of the period before, or of the year before, in all of its groups', async () => {
    const [hour, month] = [60, 31 * 24 * 60];
    const events = [-12, -1, 0].flatMap((months) =>
      ['ann', 'bob', 'cy', 'dan'].slice(0, 3 + (months % 2)).flatMap((name, index) => {
        const [person, began] = [`${name}${months}`, months * month + index * hour];
        return [
          captured(person, began, { source: index === 0 ? 'fair' : 'web' }),
          ...(index + months > -12 && index < 2 ? [qualified(person, began + (2 - months) * hour)] : []),
        ];
      }),
    );
    const period = { from: '2023-12-31T00:00:00.000Z', to: '2024-01-31T00:00:00.000Z' };
    const before = { from: '2023-11-30T00:00:00.000Z', to: '2023-12-31T00:00:00.000Z' };
    const yearBefore = { from: '2022-12-31T00:00:00.000Z', to: '2023-01-31T00:00:00.000Z' };
    const of = (scope: FunnelQuestion['scope']) =>
      asked(events, { over: 'people', steps: ['lead', 'mql'], scope: { ...scope, windowMs: DAY } });
    const shown = (steps: readonly StepValues[], which: 'value' | 'compared') =>
      steps.map((values) => Object.values(values).map(({ value }) => value[which]?.toFixed(9) ?? null));
    for (const [compare, other] of [
      ['previous-period', before],
      ['year-before', yearBefore],
    ] as const)
      for (const by of [undefined, 'source', 'week']) {
        const found = await of({ ...period, compare, by, filters: {} });
        const then = await of({ ...other, by, filters: {} });
        expect(found.compared).toMatchObject(other);
        expect(shown(found.steps, 'compared')).toEqual(shown(then.steps, 'value'));
        expect(counts(found)[0]).not.toBe(counts(then)[0]);
        for (const [place, { group, steps }] of found.groups.entries()) {
          const its = by === 'week' ? then.groups[place] : then.groups.find((one) => one.group.key === group.key);
          if (its) expect([group.key, shown(steps, 'compared')]).toEqual([group.key, shown(its.steps, 'value')]);
        }
      }
    await expect(of({ compare: 'previous-period', filters: {} })).rejects.toMatchObject({
      code: 'figures/open-period',
    });
  });

  it('of people leaves out those merged into others, and knows who may still go on', async () => {
    const events = [
      ...[captured('a', 0), captured('b', 0), captured('c', 0), captured('d', 0), qualified('a', 3), qualified('c', 5)],
      ...[
        leadEvent('c', 'LeadMergedInto', 9, { survivorId: 'a' }),
        leadEvent('d', 'LeadDisqualified', 9, { reason: 'x' }),
      ],
    ];
    const found = await asked(events, { over: 'people', steps: ['lead', 'mql'] });
    expect(counts(found)).toEqual([3, 1]);
    expect(found.steps[1]!.rate.value).toMatchObject({ numerator: 1n, denominator: 3n, open: 1 });
  });

  it('is told apart by dimensions and by the calendar, each attempt where it began', async () => {
    const sources = ['fair', 'web', undefined];
    const events = Array.from({ length: 12 }, (_, index) => [
      captured(`p${index}`, index * 60 * 24 * 9, { ...(sources[index % 3] && { source: sources[index % 3] }) }),
      ...(index % 2 === 0 ? [qualified(`p${index}`, index * 60 * 24 * 9 + 7)] : []),
    ]).flat();
    const models = await modelsOf(projections, events);
    for (const by of ['source', 'month'] as const) {
      const question = questionOf({ over: 'people', steps: ['lead', 'mql'], scope: { by, filters: {} } });
      const found = await funnel(models, question, NOW, builtInOfFigures);
      expect(found.groups).toHaveLength(by === 'source' ? 3 : 4);
      const added = found.groups.map(counts).reduce((sum, one) => sum.map((value, step) => value + one[step]!));
      expect(added).toEqual(counts(found));
      for (const { group, steps } of found.groups)
        for (const [index, { rate }] of steps.entries())
          for (const side of ['numerator', 'denominator'] as const) {
            const rows = await funnelRows(models, question, index + 1, { group, side }, NOW, builtInOfFigures);
            expect(BigInt(rows.length)).toBe(rate.value[side]);
          }
    }
    const fair = questionOf({
      over: 'people',
      steps: ['lead', 'mql'],
      scope: { filters: { source: { in: ['fair'] } } },
    });
    expect(counts(await funnel(models, fair, NOW, builtInOfFigures))).toEqual([4, 2]);
  });

  it('names the step with the lowest rate of a closed cohort of 30, and the slowest', async () => {
    const people = (count: number, qualifiedUpTo: number) =>
      Array.from({ length: count }, (_, index) => [
        did(`p${index}`, 'A', 0),
        ...(index < qualifiedUpTo ? [did(`p${index}`, 'B', 10), did(`p${index}`, 'C', 70 + (index % 2))] : []),
      ]).flat();
    const within = (count: number, instant = NOW) =>
      asked(people(count, 29), { scope: { filters: {}, windowMs: DAY } }, instant);
    expect(await within(30)).toMatchObject({ bottleneck: 2, slowest: 3 });
    expect(await within(29)).toMatchObject({ bottleneck: undefined });
    expect(await within(30, at(24 * 60 - 1))).toMatchObject({ bottleneck: undefined });
    expect(await within(30, at(24 * 60))).toMatchObject({ bottleneck: 2 });
    // Without a window anybody may still do it.
    expect(await asked(people(40, 35), {})).toMatchObject({ bottleneck: undefined, slowest: 3 });
  });

  it('is that of the moves of deals, whatever they are', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(fc.tuple(fc.constantFrom('demo', 'offer', 'trial'), fc.integer({ min: 1, max: 40 })), {
            maxLength: 5,
          }),
          {
            maxLength: 6,
          },
        ),
        fc.integer({ min: 1, max: 60 }),
        async (moves, windowMinutes) => {
          // Instants of one deal differ; a move to the stage in which it is already is none.
          const histories = moves.map((all) =>
            all.reduce<(readonly [string, number])[]>(
              (before, [stage, gap]) => [...before, [stage, before.at(-1)![1] + gap]],
              [['lead-in', 0]],
            ),
          );
          const events = histories.flatMap((history, deal) =>
            history.map(([stage, minutes], index) =>
              index === 0
                ? dealEvent(`d${deal}`, 'OpportunityOpened', minutes, { stage })
                : dealEvent(`d${deal}`, 'OpportunityStageMoved', minutes, { from: 'x', to: stage }),
            ),
          );
          const found = await asked(events, {
            ...{ over: 'deals', steps: ['demo', 'offer'] },
            scope: { filters: {}, windowMs: windowMinutes * 60_000 },
          });
          const reached = histories.map((history) => {
            const first = history.filter(([stage], index) => stage === 'demo' && history[index - 1]?.[0] !== 'demo');
            const both = first.some(([, from]) =>
              history.some(([stage, to]) => stage === 'offer' && to > from && to - from <= windowMinutes),
            );
            return both ? 2 : first.length > 0 ? 1 : 0;
          });
          expect(counts(found)).toEqual([
            reached.filter((one) => one > 0).length,
            reached.filter((one) => one > 1).length,
          ]);
        },
      ),
      { numRuns: repetitions(30, 1_000) },
    ));

  it.each([
    [{ steps: ['A'] }, 'funnel/steps', 'steps'],
    [{ steps: Array.from({ length: 21 }, (_, index) => `s${index}`) }, 'funnel/steps', 'steps'],
    [{ steps: ['A', 'B', 'A'] }, 'funnel/repeated-step', 'steps'],
    [{ exclude: ['A'] }, 'funnel/repeated-step', 'exclude'],
    [{ over: 'people' as const, steps: ['lead', 'mqll'] }, 'funnel/unknown-stage', 'steps'],
    [{ over: 'people' as const, steps: ['lead', 'mql'], exclude: ['bored'] }, 'funnel/unknown-stage', 'exclude'],
    [{ scope: { filters: {}, by: 'owner' } }, 'figures/unknown-dimension', 'by'],
    [{ scope: { filters: { owner: { in: ['ann'] } } } }, 'figures/unknown-dimension', 'owner'],
    [{ scope: { filters: {}, from: '2024-02-01', to: '2024-01-01' } }, 'time/empty-period', 'to'],
    [{ scope: { filters: {}, timeZone: 'Mars/Olympus' } }, 'time/unknown-zone', 'timeZone'],
  ])('refuses %j', async (question, code, path) => {
    await expect(asked([did('p', 'A', 0)], question)).rejects.toMatchObject({ code, path });
    const rows = funnelRows(
      await modelsOf(projections, []),
      questionOf(question),
      1,
      { side: 'numerator' },
      NOW,
      builtInOfFigures,
    );
    await expect(rows).rejects.toMatchObject({ code, path });
  });
  it('of more accounts than are shown has two hundred groups, which add up', async () => {
    const events = Array.from({ length: 2_000 }, (_, index) =>
      dealEvent(`d${index}`, 'OpportunityOpened', 0, { stage: 'demo', account: `account ${index}` }),
    );
    const question = questionOf({ over: 'deals', steps: ['demo', 'won'], scope: { filters: {}, by: 'account' } });
    const found = await funnel(await modelsOf([deals, dealStageStays], events), question, NOW, builtInOfFigures);
    expect(found.groups).toHaveLength(200);
    expect(found.groups.at(-1)!.group.isOther).toBe(true);
    expect(found.groups.reduce((sum, group) => sum + counts(group)[0]!, 0)).toBe(2_000);
  });
  it('refuses rows of a step that it does not have', async () => {
    const rows = funnelRows(
      await modelsOf(projections, []),
      questionOf({}),
      4,
      { side: 'numerator' },
      NOW,
      builtInOfFigures,
    );
    await expect(rows).rejects.toMatchObject({ code: 'funnel/no-step', path: 'step' });
  });
});
