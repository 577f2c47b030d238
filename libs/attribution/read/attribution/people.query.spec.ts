import { NoDefinitions, type AnyEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
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

describe('attribution by what is known of the people', () => {
  const by = async (dimension: 'region' | 'segment') => {
    const models = await modelsOf(
      [leads, journeys],
      happened.map((event) => recorded(event)),
    );
    const method = await methodAt(new NoDefinitions(), JANUARY);
    const { rows } = await attribution(models, { ...method, model: 'linear', lookback: 'none', by: dimension });
    return rows.map(({ key, revenue }) => [key, revenue[0]?.minor]);
  };

  it('sums by region, and by country where no region is known', async () =>
    expect(await by('region')).toEqual([
      ['France', 600],
      ['Kent', 300],
    ]));
  it('sums by segment, with a row for people of whom none is known', async () =>
    expect(await by('segment')).toEqual([
      [null, 600],
      ['looms', 300],
    ]));
});
