import fc from 'fast-check';
import { minorOf, NoDefinitions, type Instant, type Money } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import { attributionModels } from '../../models/models.rules';
import type { JourneyEvent, JourneyTouch } from '../../write/journey/journey.events';
import { journeys } from '../journeys/journeys.projection';
import { explainJourney } from '../credit/credit.query';
import { attribution, compareModels, methodAt } from './attribution.query';
import { dimensions } from './attribution.rules';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
interface Deal {
  readonly closed: number;
  readonly touches: readonly (Partial<JourneyTouch> & { day: number })[];
  readonly amount?: Money;
  readonly outcome?: 'won' | 'lost';
  readonly product?: string;
}
const close = ({ closed, touches, amount, outcome = 'won', product }: Deal, index: number): JourneyEvent => ({
  type: 'JourneyClosed',
  data: {
    journeyId: `deal-${index}`,
    outcome,
    closedAt: at(closed),
    openedAt: at(0),
    leadIds: ['ada'],
    amounts: amount ? [{ at: at(closed), amount }] : [],
    ...(product && { product }),
    touches: touches.map(({ day, ...touch }, place) => ({
      touchId: `touch-${place}`,
      occurredAt: at(day),
      leadId: 'ada',
      action: 'visit',
      team: 'marketing' as const,
      ...touch,
    })),
  },
});
const eur = (minor: number): Money => ({ minor, currency: 'EUR' });
const usd = (minor: number): Money => ({ minor, currency: 'USD' });
const eurs = (minor: number) => [eur(minor)];

/** Read models that hold the journeys of these deals. */
const holding = (events: readonly JourneyEvent[]) =>
  modelsOf(
    [journeys],
    events.map((event) => recorded(event)),
  );
const builtIn = () => methodAt(new NoDefinitions(), at(0));

describe('attribution of won deals', () => {
  it('knows what touches state in whatever spelling, and owners and products by the letter', async () => {
    const spelled: Deal[] = [
      { closed: 40, amount: eur(100), product: 'Gtx', touches: [{ day: 38, channel: 'Fair', campaign: 'Spring' }] },
      { closed: 40, amount: eur(50), product: 'gtx', touches: [{ day: 38, channel: 'fair ', campaign: 'spring' }] },
    ];
    const rowsBy = async (by: 'channel' | 'campaign' | 'product') =>
      (await attribution(await holding(spelled.map(close)), { by, ...(await builtIn()) })).rows.map(
        ({ key, revenue }) => [key, revenue[0]?.minor],
      );
    expect(await rowsBy('channel')).toEqual([['Fair', 150]]);
    expect(await rowsBy('campaign')).toEqual([['Spring', 150]]);
    expect(await rowsBy('product')).toEqual([
      ['Gtx', 100],
      ['gtx', 50],
    ]);
  });
  const deals: Deal[] = [
    {
      closed: 40,
      amount: eur(100),
      product: 'gtx',
      touches: [
        { day: 1, channel: 'search', campaign: 'spring' },
        { day: 2, channel: 'email' },
        { day: 3, channel: '' },
      ],
    },
    { closed: 50, amount: eur(50), touches: [{ day: 45, source: 'google', medium: 'cpc' }] },
    { closed: 60, amount: eur(7), touches: [] },
    { closed: 70, amount: eur(1000), outcome: 'lost', touches: [{ day: 1, channel: 'search' }] },
  ];
  const ask = async (question: object) =>
    attribution(await holding(deals.map(close)), { by: 'channel', ...(await builtIn()), ...question });

  it('shares every deal over its channels; a blank channel is one, and no touch is a bucket of its own', async () =>
    expect(await ask({})).toEqual({
      model: 'linear',
      by: 'channel',
      lookback: 'none',
      definitions: { attribution: 'attribution@0', channelRules: 'channel-rules@0' },
      rows: [
        { key: '', conversions: 0.33333333333333, revenue: eurs(33) },
        { key: 'email', conversions: 0.33333333333333, revenue: eurs(33) },
        { key: 'paid search', conversions: 1, revenue: eurs(50) },
        { key: 'search', conversions: 0.33333333333334, revenue: eurs(34) },
      ],
      unattributed: { conversions: 1, revenue: eurs(7) },
      total: { conversions: 3, revenue: eurs(157) },
      outsideWindow: null,
      warnings: [],
    }));
  it('puts what is not stated first', async () =>
    expect((await ask({ by: 'campaign', model: 'first-touch' })).rows).toEqual([
      { key: null, conversions: 1, revenue: eurs(50) },
      { key: 'spring', conversions: 1, revenue: eurs(100) },
    ]));
  it('selects by the close, from inclusive to exclusive', async () => {
    expect((await ask({ from: at(40), to: at(50) })).total.conversions).toBe(1);
    expect((await ask({ from: at(40.5), to: at(60.5) })).total.conversions).toBe(2);
  });
  it('takes months from the conversion, in a time zone', async () => {
    const models = await holding([close({ closed: 31 - 1 / 24, touches: [{ day: 1 }] }, 0)]);
    const month = async (timeZone?: string) =>
      (await attribution(models, { by: 'month', timeZone, ...(await builtIn()) })).rows[0]!.key;
    expect(await month()).toBe('2024-01');
    expect(await month('Europe/Berlin')).toBe('2024-02');
    await expect(month('Mars/Olympus')).rejects.toMatchObject({ code: 'time/unknown-zone' });
  });
  it('counts only touches in the window that is asked for, and says what that left out', async () => {
    const week = await ask({ lookback: 'P7D' });
    expect(week.unattributed.conversions).toBe(2);
    expect(week.outsideWindow).toEqual({ touches: 3, conversions: 1, revenue: eurs(100) });
    const days = await ask({ lookback: 'P38D', model: 'first-touch' });
    expect(days).toMatchObject({ outsideWindow: { touches: 1, conversions: 1 }, unattributed: { conversions: 1 } });
    expect((await ask({ lookback: 'P38D', model: 'last-touch' })).outsideWindow).toEqual({ touches: 1, conversions: 0, revenue: eurs(0) }); // prettier-ignore
    const steps = await ask({ parameters: { lookbackSteps: 1 } });
    expect(steps.outsideWindow).toMatchObject({ touches: 2, conversions: 0.666666666666667, revenue: eurs(67) });
    const overlapping = await ask({ lookback: 'P7D', model: 'participation' });
    expect(overlapping.outsideWindow).toEqual({ touches: 3, conversions: 1, revenue: [] });
    expect(await ask({})).toMatchObject({ lookback: 'none', unattributed: { conversions: 1 }, outsideWindow: null });
    await expect(ask({ lookback: 'soon' })).rejects.toMatchObject({ code: 'time/not-a-duration' });
  });
  describe('with channel rules that know sub-channels', () => {
    const channelRules = {
      ref: 'channel-rules@1',
      body: {
        sites: [{ name: 'search', members: ['google'] }],
        rules: [
          { when: { landingPage: '/brand*' }, channel: 'paid search', subChannel: 'brand' },
          { when: { medium: 'cpc' }, channel: 'paid search', subChannel: 'generic' },
        ],
        otherwise: 'other',
      },
    };
    const visits = [
      { day: 1, source: 'google', medium: 'cpc', landingPage: '/brand/x' },
      { day: 2, source: 'bing', medium: 'cpc', landingPage: '/pricing' },
      { day: 3, team: 'sales' as const },
      { day: 4, source: 'google', medium: 'organic' },
    ];
    const rowsOf = async (question: object) => {
      const models = await holding([close({ closed: 9, amount: eur(1200), touches: visits }, 0)]);
      const { rows } = await attribution(models, {
        by: 'sub-channel',
        ...(await builtIn()),
        channelRules,
        ...question,
      });
      return rows.map(({ key, revenue }) => [key, revenue[0]!.minor]);
    };
    it('sums by sub-channel', async () => {
      const all = [
        [null, 600],
        ['brand', 300],
        ['generic', 300],
      ];
      expect(await rowsOf({})).toEqual(all);
      expect((await rowsOf({ model: 'leave-one-out' })).map(([key]) => key)).toEqual(all.map(([key]) => key));
    });
    it.each([
      [{ include: { when: [{ landingPage: '/brand*' }, { medium: 'organic' }] } }, [[null, 600], ['brand', 600]]], // prettier-ignore
      [{ exclude: { when: [{ team: 'sales' }, { site: 'search', medium: 'organic' }] } }, [['brand', 600], ['generic', 600]]], // prettier-ignore
      [{ exclude: { when: [{ channel: 'paid search', subChannel: 'brand' }] } }, [[null, 800], ['generic', 400]]], // prettier-ignore
      [{ transforms: [{ kind: 'exclude', when: [{ source: '(none)' }] }] }, [[null, 400], ['brand', 400], ['generic', 400]]], // prettier-ignore
    ])('takes the conditions of channel rules in %j', async (parameters, rows) =>
      expect(await rowsOf({ parameters })).toEqual(rows),
    );
    it('refuses a list of sites that the channel rules do not have', () =>
      expect(rowsOf({ parameters: { exclude: { when: [{ site: 'social' }] } } })).rejects.toMatchObject({
        code: 'attribution/unknown-site',
        path: 'exclude.when.0.site',
      }));
  });
  it('answers several currencies side by side, each with its total', async () => {
    const models = await holding(
      [
        { closed: 1, amount: eur(5), touches: [{ day: 1 }] },
        { closed: 1, amount: usd(7), touches: [{ day: 1 }] },
        { closed: 1, touches: [{ day: 1 }] },
      ].map(close),
    );
    const both = await attribution(models, { by: 'channel', ...(await builtIn()) });
    expect(both.total).toEqual({ conversions: 3, revenue: [eur(5), usd(7)] });
    expect(both.rows).toEqual([{ key: 'direct', conversions: 3, revenue: [eur(5), usd(7)] }]);
    expect(both.unattributed.revenue).toEqual([eur(0), usd(0)]);
    expect(both.warnings).toEqual([expect.stringContaining('1 of 3')]);
    const one = await attribution(models, { by: 'channel', currency: 'USD', ...(await builtIn()) });
    expect(one.total).toEqual({ conversions: 1, revenue: [usd(7)] });
  });
  it('adds amounts up exactly beyond 2^53, and conversions without a rest', async () => {
    const many = Array.from({ length: 3 }, (_, index) =>
      close(
        {
          closed: 10,
          amount: eur(Number.MAX_SAFE_INTEGER),
          touches: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, channel: day < 4 ? 'search' : 'email' })),
        },
        index,
      ),
    );
    const { rows, total } = await attribution(await holding(many), { by: 'channel', ...(await builtIn()) });
    expect(total).toEqual({ conversions: 3, revenue: [{ minor: '27021597764222973', currency: 'EUR' }] });
    // 4 / 7 and 3 / 7 of each; added as floating point they make 1.7142857142857142 and 1.285714285714286
    expect(rows.map(({ conversions }) => conversions)).toEqual([1.71428571428571, 1.28571428571429]);
    expect(rows.reduce((sum, { revenue }) => sum + BigInt(revenue[0]!.minor), 0n)).toBe(27021597764222973n);
    const [one] = (await attribution(await holding(many.slice(0, 1)), { by: 'campaign', ...(await builtIn()) })).rows;
    expect(one!.conversions).toBe(1);
  });
  it('credits lost deals without revenue when asked', async () =>
    expect((await ask({ outcome: 'lost' })).total).toEqual({ conversions: 1, revenue: [] }));
  it('refuses a model that does not exist', async () =>
    expect(ask({ model: 'magic' })).rejects.toMatchObject({ code: 'attribution/unknown-model' }));
  it('leaves out deals that were reopened', async () => {
    const reopened: JourneyEvent = { type: 'JourneyReopened', data: { journeyId: 'deal-0' } };
    const models = await holding([close(deals[0]!, 0), reopened]);
    expect((await attribution(models, { by: 'channel', ...(await builtIn()) })).total.conversions).toBe(0);
  });
});

describe('several models side by side', () => {
  const touch = fc.record({ day: fc.integer({ min: 0, max: 200 }), channel: fc.constantFrom('a', 'b', 'direct', '') });
  const deal = fc.record({
    closed: fc.integer({ min: 100, max: 200 }),
    amount: fc.option(fc.integer({ min: 0, max: 1e9 }).map(eur), { nil: undefined }),
    touches: fc.array(touch, { maxLength: 12 }).map((all) => all.sort((a, b) => a.day - b.day)),
  });
  it('keep every conversion and every cent, whatever they are summed by', () =>
    fc.assert(
      fc.asyncProperty(fc.array(deal, { maxLength: 20 }), fc.constantFrom(...dimensions.values), async (deals, by) => {
        const models = await holding(deals.map(close));
        const question = {
          by,
          ...(await builtIn()),
          models: attributionModels.filter(({ additive }) => additive).map(({ code }) => code),
        };
        for (const { rows, unattributed, total } of await compareModels(models, question)) {
          const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
          expect(total.conversions).toBe(deals.length);
          expect(sum((row) => row.conversions) + unattributed.conversions).toBeCloseTo(deals.length, 9);
          const minor = deals.reduce((all, { amount }) => all + (amount?.minor ?? 0), 0);
          expect(minorOf(total.revenue, 'EUR')).toBe(minor);
          expect(sum((row) => Number(minorOf(row.revenue, 'EUR'))) + Number(minorOf(unattributed.revenue, 'EUR'))).toBe(
            minor,
          );
        }
      }),
      { numRuns: 40 },
    ));
});

describe('the journey of one deal', () => {
  const deal: Deal = {
    closed: 100,
    amount: eur(1000),
    touches: [{ day: 1 }, { day: 50, channel: 'email' }, { day: 60, channel: 'search' }],
  };
  it('explains what each touch earns and why', async () => {
    const models = await holding([close(deal, 0)]);
    const question = { ...(await builtIn()), models: ['u-shaped', 'last-touch'], lookback: 'P90D' };
    const explained = await explainJourney(models, 'deal-0', question);
    expect(explained.touches.map(({ channel }) => channel)).toEqual(['direct', 'email', 'search']);
    expect(explained.models).toMatchObject([
      {
        model: 'u-shaped',
        missing: ['LC'],
        outsideWindow: { touches: 1, conversions: 0.666666666666667, revenue: eurs(667) },
        credits: [
          { touchId: 'touch-0', weight: 0, excluded: 'before-window', revenue: eur(0) },
          { touchId: 'touch-1', share: 0.4, milestones: ['FT'], revenue: eur(667) },
          { touchId: 'touch-2', share: 0.2, milestones: ['CW'], revenue: eur(333) },
        ],
      },
      { model: 'last-touch', credits: [{ weight: 0 }, { weight: 0 }, { weight: 1, revenue: eur(1000) }] },
    ]);
  });
  it('earns nothing while the deal is reopened', async () => {
    const models = await holding([close(deal, 0), { type: 'JourneyReopened', data: { journeyId: 'deal-0' } }]);
    const explained = await explainJourney(models, 'deal-0', { ...(await builtIn()), models: ['linear'] });
    expect(explained).toMatchObject({ journey: { status: 'reopened' }, models: [] });
  });
  it('is unknown for a deal that never closed', async () =>
    expect(
      explainJourney(await holding([]), 'deal-0', { ...(await builtIn()), models: ['linear'] }),
    ).rejects.toMatchObject({ code: 'journey/unknown' }));
});
