import fc from 'fast-check';
import { minorOf, NoDefinitions, type AnyEvent, type Instant, type Money, type MoneySum } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { spend } from '@baton/campaigns';
import { deals, touches } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { attributionModels } from '../../models/models.rules';
import { methodAt } from '../attribution/attribution.query';
import { people, visitors, visits } from '../conversions/people.projection';
import { journeys } from '../journeys/journeys.projection';
import { salesMinutes } from './sales-minutes.projection';
import { roas } from './roas.query';
import { roasDimensions } from './roas.rules';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
const eur = (minor: number): Money => ({ minor, currency: 'EUR' });
const eurs = (minor: number) => [eur(minor)];
const rate = (value: number | null, numerator: number, denominator: number) => [
  { currency: 'EUR', value, numerator, denominator },
];
type Touch = { day: number; team?: 'marketing' | 'sales'; minutes?: number } & {
  readonly [F in 'channel' | 'source' | 'medium' | 'campaign']?: string;
};
const touchData = ({ day: _, team = 'marketing', ...touch }: Touch) => ({ action: 'any', team, ...touch });

/** A won deal of an account of its own, with its journey. */
const won = (journeyId: string, closed: number, amount: Money | undefined, touches: readonly Touch[]) => [
  recorded<AnyEvent>({
    type: 'OpportunityOpened',
    data: { opportunityId: journeyId, stage: 'any', account: journeyId },
  }),
  recorded<AnyEvent>(
    { type: 'OpportunityWon', data: { opportunityId: journeyId, leadIds: ['ada'] } },
    { occurredAt: at(closed) },
  ),
  recorded<AnyEvent>({
    type: 'JourneyClosed',
    data: {
      journeyId,
      outcome: 'won',
      closedAt: at(closed),
      openedAt: at(0),
      leadIds: ['ada'],
      amounts: amount ? [{ at: at(closed), amount }] : [],
      touches: touches.map((touch, place) => ({
        touchId: `${journeyId}-${place}`,
        occurredAt: at(touch.day),
        leadId: 'ada',
        ...touchData(touch),
      })),
    },
  }),
];
const spent = (campaignId: string, day: string, channel: string, amount: Money) =>
  recorded<AnyEvent>({ type: 'CampaignSpendRecorded', data: { campaignId, day, channel, amount } });
const person = (leadId: string, day: number, touches: readonly Touch[], stages: readonly string[] = []) => [
  recorded<AnyEvent>({ type: 'LeadCaptured', data: { leadId } }, { occurredAt: at(day) }),
  ...stages.map((type) =>
    recorded<AnyEvent>({ type, data: { leadId, definition: 'any@1' } }, { occurredAt: at(day + 1) }),
  ),
  ...touches.map((touch) =>
    recorded<AnyEvent>({ type: 'TouchRecorded', data: { leadId, ...touchData(touch) } }, { occurredAt: at(touch.day) }),
  ),
];
const ask = async (events: Parameters<typeof modelsOf>[1], question: Partial<Parameters<typeof roas>[1]> = {}) =>
  roas(await modelsOf([journeys, spend, deals, people, visitors, visits, touches, salesMinutes], events), {
    by: 'channel',
    ...(await methodAt(new NoDefinitions(), at(0))),
    ...question,
  });

const year = [
  ...won('one', 40, eur(1000), [
    { day: 1, channel: 'search', campaign: 'spring' },
    { day: 20, channel: 'email' },
    { day: 30, channel: 'call', team: 'sales', minutes: 30 },
    { day: 35, channel: 'search' },
  ]),
  ...won('two', 50, eur(500), [
    { day: 40, channel: 'call', team: 'sales', minutes: 10 },
    { day: 45, channel: 'email' },
  ]),
  ...won('three', 60, eur(70), [{ day: 55, channel: 'call', team: 'sales', minutes: 5 }]),
  ...won('none', 61, eur(7), []),
  spent('spring', '2024-01-02', 'search', eur(300)),
  spent('spring', '2024-01-03', 'search', eur(100)),
  spent('fair', '2024-02-01', 'event', eur(50)),
  ...person('ada', 3, [{ day: 1, channel: 'search' }], ['LeadQualified']),
  ...person('bob', 3, [{ day: 1, channel: 'search' }, { day: 2, channel: 'email' }], ['LeadQualified', 'LeadSalesQualified']), // prettier-ignore
];

describe('the return on marketing spend', () => {
  it('is listed by channel, every rate with its numerator and denominator', async () => {
    const report = await ask(year, { ratePerMinute: eur(2), salesTime: 'won-only' });
    const row = (key: string) => report.rows.find((one) => one.key === key)!;
    expect(report.rows.map(({ key }) => key)).toEqual(['call', 'email', 'event', 'search']);
    // Half of the first deal: 30 of its minutes of sales at 2, and spend of 400.
    expect(row('search')).toEqual({
      key: 'search',
      conversions: 0.5,
      newCustomers: 0.5,
      revenue: eurs(500),
      spend: eurs(400),
      salesMinutes: 15,
      assisted: 1,
      roas: rate(1.25, 500, 400),
      cac: rate(860, 430, 0.5),
      costPerLead: rate(400 / 1.5, 400, 1.5),
      costPerMql: rate(400 / 1.5, 400, 1.5),
      costPerSql: rate(800, 400, 0.5),
    });
    expect(row('email')).toMatchObject({
      conversions: 0.75,
      revenue: eurs(500),
      spend: eurs(0),
      roas: rate(null, 500, 0),
      cac: [{ numerator: 2 * (30 / 4 + 10 / 2), denominator: 0.75 }],
      assisted: 1,
    });
    expect(row('event')).toMatchObject({ spend: eurs(50), cac: [{ value: null }], roas: [{ value: 0 }] });
    expect(report.total).toMatchObject({
      conversions: 3,
      revenue: eurs(1570),
      spend: eurs(450),
      salesMinutes: 45,
      assisted: 2,
      roas: [{ value: 1570 / 450 }],
      cac: [{ value: (450 + 90) / 3 }],
      costPerLead: [{ numerator: 450, denominator: 2 }],
    });
    expect(report.unattributed).toEqual({ conversions: 1, newCustomers: 1, revenue: eurs(7), salesMinutes: 0 });
    expect(report.warnings).toEqual([]);
  });
  it('is influenced by any touch of marketing, and sourced by the first one', async () => {
    const { influenced, sourced } = await ask(year);
    expect(influenced).toMatchObject({ conversions: 2, revenue: eurs(1500), ofConversions: { value: 0.5 } });
    expect(sourced).toMatchObject({
      conversions: 1,
      revenue: eurs(1000),
      ofRevenue: [{ numerator: 1000, denominator: 1577 }],
    });
    expect(await ask(year, { lookback: 'P15D' })).toMatchObject({ sourced: { conversions: 0 } });
  });
  it('joins spend by campaign id, and by month of the day and of the conversion', async () => {
    const campaign = await ask(year, { by: 'campaign', model: 'first-touch' });
    expect(campaign.rows).toMatchObject([
      { key: null, revenue: eurs(570), spend: eurs(0) },
      { key: 'fair', revenue: eurs(0), spend: eurs(50) },
      { key: 'spring', revenue: eurs(1000), spend: eurs(400), roas: [{ value: 2.5 }] },
    ]);
    const month = await ask(year, { by: 'month' });
    expect(month.rows.map(({ key, spend, conversions }) => [key, spend[0]?.minor, conversions])).toEqual([
      ['2024-01', 400, 0],
      ['2024-02', 50, 2],
      ['2024-03', 0, 1],
    ]);
  });
  it('compares channels and campaigns of spend and touches ignoring spelling', async () => {
    const spelled = [
      ...won('one', 40, eur(4000), [{ day: 1, source: 'google', medium: 'cpc', campaign: 'Spring-Search' }]),
      ...won('two', 41, eur(4000), [{ day: 1, channel: 'PAID SEARCH', campaign: ' spring-search' }]),
      spent('spring-search', '2024-01-02', 'Paid Search', eur(500)),
      spent('spring-search', '2024-01-03', 'paid  search ', eur(1500)),
    ];
    for (const [by, key] of [
      ['channel', 'paid search'],
      ['campaign', 'Spring-Search'],
    ] as const)
      expect((await ask(spelled, { by })).rows).toMatchObject([
        { key, conversions: 2, revenue: eurs(8000), spend: eurs(2000), roas: [{ value: 4 }] },
      ]);
  });
  it('classifies spend by the rules for touches', async () => {
    const channelRules = {
      ref: 'channel-rules@1',
      body: {
        rules: [
          { when: { channel: 'Search Ads' }, channel: 'paid search' },
          { when: { source: 'google', medium: 'cpc' }, channel: 'paid search' },
        ],
        otherwise: 'other',
      },
    };
    const events = [
      ...won('one', 40, eur(4000), [{ day: 1, source: 'google', medium: 'cpc' }]),
      spent('spring', '2024-01-02', 'search ads', eur(1000)),
    ];
    expect((await ask(events, { channelRules })).rows).toMatchObject([{ key: 'paid search', roas: [{ value: 4 }] }]);
  });
  it('counts credit notes, and spend without a campaign, in the row of its touches', async () => {
    const without = (spendId: string, minor: number, more: object) =>
      recorded<AnyEvent>({ type: 'SpendRecorded', data: { spendId, day: '2024-01-03', amount: eur(minor), ...more } });
    const events = [
      ...won('one', 40, eur(4000), [{ day: 1, source: 'google', medium: 'cpc', campaign: 'spring' }]),
      spent('spring', '2024-01-02', 'Paid Search', eur(1000)),
      spent('spring', '2024-01-04', 'paid search', eur(-400)),
      without('line-1', 900, { channel: 'PAID search' }),
      without('line-2', 600, { source: 'Google', medium: 'cpc' }),
      without('line-2', 500, { source: 'Google', medium: 'cpc' }),
      without('note-1', -50, { channel: 'Trade fair' }),
    ];
    expect((await ask(events)).rows).toMatchObject([
      { key: 'Trade fair', spend: eurs(-50), roas: [{ value: null, denominator: -50 }] },
      { key: 'paid search', spend: eurs(2000), roas: [{ value: 2 }] },
    ]);
    const campaigns = await ask(events, { by: 'campaign' });
    expect(campaigns.rows).toMatchObject([
      { key: null, spend: eurs(1350), conversions: 0 },
      { key: 'spring', spend: eurs(600), revenue: eurs(4000) },
    ]);
    expect(campaigns.total.spend).toEqual(eurs(1950));
    const rules = [{ when: { source: 'google' }, channel: 'search', subChannel: 'ads' }];
    const channelRules = { ref: 'channel-rules@1', body: { rules, otherwise: 'other' } };
    expect((await ask(events, { by: 'sub-channel', channelRules })).rows).toMatchObject([
      { key: null, spend: eurs(1450), revenue: eurs(0) },
      { key: 'ads', spend: eurs(500), revenue: eurs(4000) },
    ]);
  });
  it('selects deals by their close, spend by its day in the time zone, people by their stage', async () => {
    const report = await ask(year, { from: at(2), to: at(45) });
    expect(report.total).toMatchObject({ conversions: 1, spend: eurs(150), costPerLead: [{ denominator: 2 }] });
    const berlin = await ask(year, { from: '2024-01-01T23:00:00.000Z', to: at(1.9), timeZone: 'Europe/Berlin' });
    expect(berlin.total.spend).toEqual(eurs(300));
  });
  it('counts a day that is partly in the period completely, with a warning', async () => {
    const cut = 'the period contains a part of 2024-01-02: the spend of that day is counted whole; use whole days';
    const rest = await ask(year, { from: at(1.5), to: at(45) });
    expect([rest.total.spend, rest.warnings]).toEqual([eurs(450), [cut]]);
    const first = await ask(year, { to: at(1.5) });
    expect(first.warnings).toContain(cut);
    const whole = await ask(year, { from: at(1), to: at(45) });
    expect([whole.total.spend, whole.warnings]).toEqual([eurs(450), []]);
  });
  it('reports several currencies, and warns about deals without an amount', async () => {
    const dollars = [...year, ...won('usd', 41, { minor: 9, currency: 'USD' }, []), ...won('bare', 41, undefined, [])];
    const both = await ask(dollars);
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    expect(both).toMatchObject({
      currencies: ['EUR', 'USD'],
      total: {
        revenue: [eur(1570), usd(0)],
        spend: [eur(450), usd(0)],
        roas: [...rate(1570 / 450, 1570, 450), { currency: 'USD', value: null, numerator: 0, denominator: 0 }],
      },
      unattributed: { conversions: 3, revenue: [eur(7), usd(9)] },
      sourced: {
        ofRevenue: [
          { currency: 'EUR', denominator: 1577 },
          { currency: 'USD', numerator: 0, denominator: 9 },
        ],
      },
    });
    expect(both.warnings).toEqual([expect.stringContaining('1 of 6')]);
    expect((await ask(dollars, { currency: 'EUR' })).total).toMatchObject({ revenue: eurs(1570), spend: eurs(450) });
    const mixed = await ask(year, {
      ratePerMinute: { minor: 1, currency: 'USD' },
      salesTime: 'won-only',
    });
    expect(mixed.total.cac).toEqual([
      { currency: 'EUR', value: 150, numerator: 450, denominator: 3 },
      { currency: 'USD', value: 15, numerator: 45, denominator: 3 },
    ]);
  });
  it('refuses a model that is not additive', () =>
    expect(ask(year, { model: 'participation' })).rejects.toMatchObject({ code: 'attribution/not-additive' }));

  const touch = fc.record({
    day: fc.integer({ min: 0, max: 99 }),
    channel: fc.constantFrom('a', 'b', 'direct'),
    team: fc.constantFrom('marketing' as const, 'sales' as const),
    minutes: fc.integer({ min: 0, max: 60 }),
  });
  const deal = fc.record({ amount: fc.integer({ min: 0, max: 1e9 }), touches: fc.array(touch, { maxLength: 8 }) });
  it('loses no cent, conversion, customer or minute, in any breakdown', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(deal, { maxLength: 10 }),
        fc.constantFrom(...roasDimensions.values),
        fc.constantFrom(...attributionModels.filter(({ additive }) => additive).map(({ code }) => code)),
        async (all, by, model) => {
          const events = all.flatMap(({ amount, touches }, index) => won(`deal-${index}`, 100, eur(amount), touches));
          const { rows, total, unattributed } = await ask([...events, spent('c', '2024-01-01', 'a', eur(1))], {
            by,
            model,
            lookback: 'none',
            salesTime: 'won-only',
          });
          const sum = (of: (row: (typeof rows)[0]) => number) => rows.reduce((one, row) => one + of(row), 0);
          const minorIn = (revenue: readonly MoneySum[]) => Number(minorOf(revenue, 'EUR'));
          expect(sum(({ revenue }) => minorIn(revenue))).toBe(minorIn(total.revenue));
          expect(sum(({ conversions }) => conversions)).toBeCloseTo(total.conversions, 9);
          expect(sum(({ newCustomers }) => newCustomers)).toBeCloseTo(total.newCustomers, 9);
          expect(sum((row) => row.salesMinutes)).toBeCloseTo(total.salesMinutes, 6);
          expect(total.salesMinutes + unattributed.salesMinutes).toBe(
            all
              .flatMap(({ touches }) => touches)
              .reduce((one, { team, minutes }) => one + (team === 'sales' ? minutes : 0), 0),
          );
          expect(total.conversions + unattributed.conversions).toBe(all.length);
          expect(minorIn(total.revenue) + minorIn(unattributed.revenue)).toBe(
            all.reduce((one, { amount }) => one + amount, 0),
          );
        },
      ),
      { numRuns: 40 },
    ));
});
