import fc from 'fast-check';
import { minorOf, NoDefinitions, type Instant, type Money } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import { attributionModels } from '../../models/models.rules';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { attribution, methodAt } from '../attribution/attribution.query';
import { journeys } from '../journeys/journeys.projection';
import { comparedDeals, comparison } from './comparison.query';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
const money = (minor: number, currency = 'EUR'): Money => ({ minor, currency });
type Step = readonly [day: number, channel: string];
const closed = (id: string, day: number, amount: Money | undefined, ...path: readonly Step[]): JourneyEvent => ({
  type: 'JourneyClosed',
  data: {
    journeyId: id,
    outcome: 'won',
    closedAt: at(day),
    openedAt: at(0),
    leadIds: ['ada'],
    amounts: amount ? [{ at: at(day), amount }] : [],
    touches: path.map(([when, channel], place) => ({
      touchId: `${id}-${place}`,
      occurredAt: at(when),
      leadId: 'ada',
      channel,
      action: 'visit',
      team: 'marketing' as const,
    })),
  },
});
const holding = (...events: readonly JourneyEvent[]) =>
  modelsOf(
    [journeys],
    events.map((event) => recorded(event)),
  );
const ask = async (...models: string[]) => ({
  ...(await methodAt(new NoDefinitions(), at(0))),
  by: 'channel' as const,
  models,
});

describe('compared models', () => {
  const deals = [
    closed('one', 10, money(100), [1, 'search'], [2, 'email'], [3, 'search']),
    closed('two', 20, money(50), [15, 'email']),
    closed('three', 30, money(9)),
  ];
  it('list each deal under each model, and the difference to the first', async () => {
    const models = await holding(...deals);
    const page = await comparedDeals(models, await ask('first-touch', 'linear'), { first: 2 });
    expect(await (page.totalCount as () => Promise<number>)()).toBe(3);
    expect(page.edges.map(({ node }) => node.journeyId)).toEqual(['one', 'two']);
    const [one, two] = page.edges.map(({ node }) => node);
    expect(one).toEqual({
      journeyId: 'one',
      closedAt: at(10),
      amount: money(100),
      unattributed: false,
      keys: [
        {
          key: 'email',
          credits: [
            {
              model: 'first-touch',
              conversions: 0,
              revenue: [money(0)],
              difference: { conversions: 0, revenue: [money(0)] },
            },
            {
              model: 'linear',
              conversions: 0.333333333333333,
              revenue: [money(33)],
              difference: { conversions: 0.333333333333333, revenue: [money(33)] },
            },
          ],
        },
        {
          key: 'search',
          credits: [
            { model: 'first-touch', conversions: 1, revenue: [money(100)], difference: expect.anything() as object },
            {
              model: 'linear',
              conversions: 0.666666666666667,
              revenue: [money(67)],
              difference: { conversions: -0.333333333333333, revenue: [money(-33)] },
            },
          ],
        },
      ],
    });
    expect(two!.keys[0]!.credits[1]!.difference).toEqual({ conversions: 0, revenue: [money(0)] });
    const rest = await comparedDeals(models, await ask('linear'), { first: 2, after: page.pageInfo.endCursor! });
    expect(rest.edges.map(({ node }) => node)).toMatchObject([{ journeyId: 'three', unattributed: true, keys: [] }]);
  });
  it('list each key of the period with its difference', async () => {
    const { reports, rows } = await comparison(await holding(...deals), await ask('last-touch', 'linear'));
    expect(reports.map(({ model }) => model)).toEqual(['last-touch', 'linear']);
    expect(rows.map(({ key, credits }) => [key, credits[1]!.difference.revenue])).toEqual([
      ['email', [money(33)]],
      ['search', [money(-33)]],
    ]);
  });
  it('sum to the amount of each deal, with differences that sum to zero, and over the deals to the report', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            amount: fc.integer({ min: 1, max: 1e12 }),
            path: fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom('a', 'b', 'c')), { maxLength: 6 }),
          }),
          { maxLength: 6 },
        ),
        async (drawn) => {
          const models = await holding(
            ...drawn.map(({ amount, path }, n) =>
              closed(`d${n}`, 40, money(amount), ...[...path].sort((x, y) => x[0] - y[0])),
            ),
          );
          const asked = await ask(...attributionModels.flatMap(({ code, additive }) => (additive ? [code] : [])));
          const { edges } = await comparedDeals(models, asked, { first: 500 });
          const { reports } = await comparison(models, asked);
          const sums = reports.map(() => new Map<string | null, number>());
          for (const { node } of edges)
            asked.models.forEach((_, column) => {
              const credits = node.keys.map(({ key, credits: all }) => [key, all[column]!] as const);
              for (const [key, { revenue }] of credits)
                sums[column]!.set(key, (sums[column]!.get(key) ?? 0) + Number(minorOf(revenue, 'EUR')));
              const total = credits.reduce((sum, [, { revenue }]) => sum + Number(minorOf(revenue, 'EUR')), 0);
              expect(total).toBe(node.unattributed ? 0 : node.amount!.minor);
              expect(
                credits.reduce((sum, [, { difference }]) => sum + Number(minorOf(difference.revenue, 'EUR')), 0),
              ).toBe(0);
            });
          reports.forEach(({ rows }, column) => {
            for (const { key, revenue } of rows) expect(sums[column]!.get(key)).toBe(Number(minorOf(revenue, 'EUR')));
          });
        },
      ),
      { numRuns: 25 },
    ));
  it('list several currencies, each with its differences', async () => {
    const models = await holding(
      closed('one', 10, money(100), [1, 'search']),
      closed('two', 20, money(50, 'USD'), [15, 'email']),
    );
    const asked = await ask('first-touch', 'last-touch');
    const { reports, rows } = await comparison(models, asked);
    for (const { total, rows: keys, warnings } of reports) {
      expect([total, ...keys].map(({ revenue }) => revenue)).toEqual([
        [money(100), money(50, 'USD')],
        [money(0), money(50, 'USD')],
        [money(100), money(0, 'USD')],
      ]);
      expect(warnings).toEqual([]);
    }
    const nothing = [money(0), money(0, 'USD')];
    for (const { credits } of rows)
      expect(credits.map(({ difference }) => difference.revenue)).toEqual([nothing, nothing]);
    const { edges } = await comparedDeals(models, asked, { first: 5 });
    expect(edges.map(({ node }) => node.keys[0]!.credits[0]!.revenue)).toEqual([[money(100)], [money(50, 'USD')]]);
  });
});

describe('participation', () => {
  it('count a deal once for each channel in it, without a total of money', async () => {
    const models = await holding(
      closed('one', 10, money(100), [1, 'search'], [2, 'email'], [3, 'search']),
      closed('two', 20, money(50), [15, 'email']),
    );
    const report = await attribution(models, { ...(await ask()), model: 'participation' });
    expect(report.rows).toEqual([
      { key: 'email', conversions: 2, revenue: [money(150)] },
      { key: 'search', conversions: 1, revenue: [money(100)] },
    ]);
    expect(report.total).toEqual({ conversions: 2, revenue: [] });
    expect(report.warnings).toEqual([expect.stringContaining('not additive')]);
  });
});
