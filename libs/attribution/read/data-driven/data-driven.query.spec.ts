import fc from 'fast-check';
import { minorOf, NoDefinitions, type Instant, type Money, type MoneySum } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { touches } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { dataDrivenModels } from '../../models/data-driven.model';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { attribution, compareModels, methodAt, modelOf } from '../attribution/attribution.query';
import { people, visitors, visits } from '../conversions/people.projection';
import { journeys } from '../journeys/journeys.projection';
import { pathsOfPeople, type DataDrivenAttribution } from './data-driven.rules';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
const eur = (minor: number): Money => ({ minor, currency: 'EUR' });
const eurs = (minor: number) => [eur(minor)];
interface Deal {
  readonly path: readonly (string | undefined)[];
  readonly outcome?: 'won' | 'lost';
  readonly amount?: Money;
  readonly closed?: number;
}
const close = ({ path, outcome = 'won', amount, closed = 80 }: Deal, index: number): JourneyEvent => ({
  type: 'JourneyClosed',
  data: {
    journeyId: `deal-${index}`,
    outcome,
    closedAt: at(closed),
    openedAt: at(0),
    leadIds: ['ada'],
    amounts: amount ? [{ at: at(closed), amount }] : [],
    touches: path.map((channel, place) => ({
      touchId: `touch-${index}-${place}`,
      occurredAt: at(place),
      leadId: 'ada',
      action: 'visit',
      team: 'marketing' as const,
      ...(channel !== undefined && { channel, campaign: `${channel} 24` }),
    })),
  },
});
const ask = async (deals: readonly Deal[], question: object) =>
  (await attribution(
    await modelsOf(
      [journeys, people, visitors, visits, touches],
      deals.map((deal, index) => recorded(close(deal, index))),
    ),
    { by: 'channel', ...(await methodAt(new NoDefinitions(), at(0))), ...question },
  )) as DataDrivenAttribution;

const won = (times: number, path: string[], minor: number): Deal[] =>
  Array.from({ length: times }, () => ({ path, amount: eur(minor) }));
const lost = (times: number, path: string[]): Deal[] =>
  Array.from({ length: times }, () => ({ path, outcome: 'lost' as const, amount: eur(5) }));
/** The fork of two conversions: a>b 3 won 1 lost, a>c 1 won 1 lost. */
const fork = [
  ...won(3, ['a', 'b'], 100),
  ...lost(1, ['a', 'b']),
  ...won(1, ['a', 'c'], 101),
  ...lost(1, ['a', 'a', 'c']),
];

describe('attribution under a data-driven model', () => {
  it('ignores the spelling of a channel', async () => {
    const spelled = fork.map((deal, index) => ({
      ...deal,
      path: deal.path.map((channel) => (index % 2 ? channel!.toUpperCase() : `${channel} `)),
    }));
    const figures = async (deals: readonly Deal[]) =>
      (await ask(deals, { model: 'markov' })).rows.map(({ key, ...row }) => ({ ...row, key: key?.toLowerCase() }));
    expect(await figures(spelled)).toEqual(await figures(fork));
  });
  it('learns from won and lost deals, and splits conversions and money exactly', async () => {
    const report = await ask(fork, { model: 'markov' });
    expect(report).toMatchObject({
      model: 'markov',
      by: 'channel',
      lookback: 'none',
      definitions: { attribution: 'attribution@0', channelRules: 'channel-rules@0' },
      learntFrom: { converted: 4, ended: 2, open: 0 },
      unattributed: { conversions: 0, revenue: eurs(0) },
      total: { conversions: 4, revenue: eurs(401) },
      warnings: [],
    });
    expect(report.base).toBeCloseTo(2 / 3, 12);
    expect(report.rows.map(({ key, support, tooThin }) => [key, support, tooThin])).toEqual([
      ['a', { journeys: 6, converted: 4 }, true],
      ['b', { journeys: 4, converted: 3 }, true],
      ['c', { journeys: 2, converted: 1 }, true],
    ]);
    [2, 1.5, 0.5].forEach((credit, row) => expect(report.rows[row]!.conversions).toBeCloseTo(credit, 12));
    // Value: 300 / 401 and 101 / 401 are lost without b and c; 401 is split by 1, 300/401, 101/401.
    expect(report.rows.map(({ revenue }) => revenue[0]!.minor)).toEqual([201, 150, 50]);
    expect(report.transitions!()).toContainEqual({ from: '(start)', to: 'a', count: 6, probability: 1 });
  });
  it('reports deals without a touch in the window separately', async () => {
    const report = await ask([...fork, { path: [], amount: eur(7) }, { path: ['b'], closed: 300, amount: eur(9) }], {
      model: 'shapley',
      lookback: 'P90D',
    });
    expect(report.outsideWindow).toEqual({ touches: 1, conversions: 1, revenue: eurs(9) });
    expect(report.unattributed).toEqual({ conversions: 2, revenue: eurs(16) });
    expect(report.total).toEqual({ conversions: 6, revenue: eurs(417) });
    expect(report.learntFrom.converted).toBe(4);
  });
  it('has states of any dimension of a touch; a missing value is null, and first', async () => {
    const { rows } = await ask([{ path: ['a', undefined], amount: eur(10) }], { model: 'shapley', by: 'campaign' });
    expect(rows.map(({ key, revenue }) => [key, revenue[0]!.minor])).toEqual([
      [null, 5],
      ['a 24', 5],
    ]);
    await expect(ask(fork, { model: 'shapley', by: 'owner' })).rejects.toMatchObject({
      code: 'attribution/not-of-a-touch',
    });
  });
  it('selects by the close, and warns if no deal was lost', async () => {
    const report = await ask([...fork, { path: ['z'], closed: 10, amount: eur(1) }], { model: 'markov', to: at(20) });
    expect(report.rows.map(({ key }) => key)).toEqual(['z']);
    expect(report.warnings).toEqual([expect.stringContaining('no journey ended')]);
  });
  it('reports several currencies, each with its total', async () => {
    const report = await ask([...fork, { path: ['a'], amount: { minor: 7, currency: 'USD' } }], { model: 'shapley' });
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    expect(report.rows.map(({ revenue }) => revenue)).toEqual([
      [eur(201), usd(7)],
      [eur(150), usd(0)],
      [eur(50), usd(0)],
    ]);
    expect(report.total).toEqual({ conversions: 5, revenue: [eur(401), usd(7)] });
    expect(report.warnings.some((warning) => warning.includes('USD'))).toBe(false);
  });
  it('has its own options: order, repeats, intervals', async () => {
    const second = await ask(fork, { model: 'markov', learning: { order: 2, repeats: 'keep-repeats', bootstrap: 50 } });
    expect(second.transitions!().map(({ to }) => to)).toContain('a > a');
    expect(second.rows[0]!.interval!.low).toBeLessThanOrEqual(second.rows[0]!.interval!.high);
  });
  it('can be compared with other models; the ordered form then has one row per key', async () => {
    const models = await modelsOf(
      [journeys, people, visitors, visits, touches],
      fork.map((deal, index) => recorded(close(deal, index))),
    );
    const question = { by: 'channel' as const, ...(await methodAt(new NoDefinitions(), at(0))) };
    const codes = ['markov', 'linear', 'shapley-ordered'];
    const reports = await compareModels(models, { ...question, models: codes });
    expect(reports.map(({ model }) => model)).toEqual(codes);
    for (const { rows, total } of reports) {
      expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
      expect(total).toEqual({ conversions: 4, revenue: eurs(401) });
    }
    expect(() => modelOf('markov')).toThrow(expect.objectContaining({ code: 'attribution/needs-a-period' }));
  });
  const deal = fc.record({
    path: fc.array(fc.constantFrom('a', 'b', 'c', undefined), { maxLength: 5 }),
    outcome: fc.constantFrom('won' as const, 'lost' as const),
    amount: fc.integer({ min: 0, max: 1e12 }).map(eur),
  });
  it('keeps every cent of every deal, under every model', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(deal, { maxLength: 12 }),
        fc.constantFrom(...dataDrivenModels.map(({ code }) => code)),
        async (deals, model) => {
          const { rows, unattributed, total } = await ask(deals, { model });
          const of = deals.filter(({ outcome }) => outcome === 'won');
          const minor = of.reduce((sum, { amount }) => sum + amount.minor, 0);
          expect(total.conversions).toBe(of.length);
          expect(minorOf(total.revenue, 'EUR')).toBe(minor);
          const minorIn = ({ revenue }: { revenue: readonly MoneySum[] }) => Number(minorOf(revenue, 'EUR'));
          expect(rows.reduce((sum, row) => sum + minorIn(row), minorIn(unattributed))).toBe(minor);
          for (const row of rows) expect(minorIn(row)).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 60 },
    ));
});

describe('paths of people without deals', () => {
  const touch = (day: number, channel: string) => ({ occurredAt: at(day), channel });
  it('end at each conversion, or at the last touch, and reach back to the start of the window', () =>
    expect(
      pathsOfPeople(
        [
          { touches: [touch(40, 'c'), touch(10, 'b'), touch(9.9, 'a')], conversions: [{ at: at(40), value: 5 }] },
          { touches: [touch(1, 'a'), touch(31, 'b'), touch(20, 'c')], conversions: [] },
          { touches: [touch(50, 'late')], conversions: [{ at: at(40) }] },
          { touches: [], conversions: [] },
        ],
        30 * 86_400_000,
      ),
    ).toEqual([
      { steps: ['b', 'c'], conversions: 1, nulls: 0, value: 5 },
      { steps: ['a', 'c', 'b'], conversions: 0, nulls: 1, value: 0 },
    ]));
});
