import { NoDefinitions, type AnyEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { assets } from '@baton/campaigns';
import { leads } from '@baton/leads';
import { modelsOf } from '../../../../test/support/read-models';
import { journeys } from '../journeys/journeys.projection';
import { attribution, methodAt } from './attribution.query';

const JANUARY = '2024-01-01T00:00:00.000Z';
const touch = (leadId: string, n: number) => ({
  touchId: `touch-${n}`,
  occurredAt: JANUARY,
  leadId,
  action: 'visit',
  team: 'marketing' as const,
});
const happened: AnyEvent[] = [
  { type: 'LeadCaptured', data: { leadId: 'ada', region: 'Kent', country: 'UK', industry: 'looms' } },
  { type: 'LeadCaptured', data: { leadId: 'bob', country: 'France' } },
  {
    type: 'JourneyClosed',
    data: {
      journeyId: 'deal',
      outcome: 'won',
      closedAt: '2024-01-02T00:00:00.000Z',
      openedAt: JANUARY,
      leadIds: ['ada', 'bob'],
      amounts: [{ at: '2024-01-02T00:00:00.000Z', amount: { minor: 900, currency: 'EUR' } }],
      touches: [touch('ada', 1), touch('bob', 2), touch('bob', 3)],
    },
  },
];

describe('attribution by facts of people', () => {
  const by = async (dimension: 'region' | 'segment') => {
    const models = await modelsOf(
      [leads, journeys],
      happened.map((event) => recorded(event)),
    );
    const method = await methodAt(new NoDefinitions(), JANUARY);
    const { rows } = await attribution(models, { ...method, model: 'linear', lookback: 'none', by: dimension });
    return rows.map(({ key, revenue }) => [key, revenue[0]?.minor]);
  };

  it('sums by region, and by country without a region', async () =>
    expect(await by('region')).toEqual([
      ['France', 600],
      ['Kent', 300],
    ]));
  it('sums by segment, with a row for people without one', async () =>
    expect(await by('segment')).toEqual([
      [null, 600],
      ['looms', 300],
    ]));
});

describe('attribution by content and by advertisement', () => {
  const named = (content: string | undefined, n: number, team: 'marketing' | 'sales' = 'marketing') => ({
    ...touch('ada', n),
    team,
    ...(content !== undefined && { content }),
  });
  const facts = {
    journeyId: 'deal',
    outcome: 'won' as const,
    closedAt: '2024-01-02T00:00:00.000Z',
    openedAt: JANUARY,
    leadIds: ['ada'],
    amounts: [{ at: '2024-01-02T00:00:00.000Z', amount: { minor: 600, currency: 'EUR' } }],
  };
  const touches = [
    named('banner-a', 1),
    named('BANNER-A ', 2),
    named('Pricing guide', 3),
    named('pricing guide', 4, 'sales'),
    named('draft', 5, 'sales'),
    named(undefined, 6),
  ];
  const by = async (dimension: 'content' | 'ad', ...more: AnyEvent[]) => {
    const models = await modelsOf(
      [assets, journeys],
      [
        { type: 'AssetRegistered', data: { assetId: 'guide', content: 'pricing  guide' } },
        ...more,
        { type: 'JourneyClosed', data: { ...facts, touches } },
      ].map((event) => recorded(event as AnyEvent)),
    );
    const method = await methodAt(new NoDefinitions(), JANUARY);
    const ask = async (model: string) => (await attribution(models, { ...method, model, by: dimension })).rows;
    const keys = (await ask('shapley')).map(({ key }) => key);
    const rows = (await ask('linear')).map(({ key, revenue }) => [key, revenue[0]?.minor] as const);
    expect(keys).toEqual(rows.map(([key]) => key));
    return rows;
  };
  it('are two dimensions: content is registered, an advertisement is any other name used by marketing', async () => {
    expect(await by('content')).toEqual([
      [null, 400],
      ['Pricing guide', 200],
    ]);
    expect(await by('ad')).toEqual([
      [null, 400],
      ['BANNER-A', 200],
    ]);
  });
  it('depend on the registered content, so that the same log gives the same result', async () => {
    const removed = { type: 'AssetRemoved', data: { assetId: 'guide', content: 'pricing  guide' } };
    expect(await by('content', removed)).toEqual([[null, 600]]);
    expect((await by('ad', removed)).map(([key]) => key)).toEqual([null, 'BANNER-A', 'Pricing guide']);
  });
});
