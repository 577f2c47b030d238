import { recorded } from '@baton/kernel/testing';
import { journeys, type JourneyEvent } from '@baton/attribution';
import { modelsOf } from '../../../../test/support/read-models';
import { salesCycle } from './sales-cycle.query';

interface Win {
  readonly won: string;
  readonly contact?: string;
  readonly owner?: string;
  readonly outcome?: 'won' | 'lost';
}
const midnight = (day: string) => `${day}T00:00:00.000Z`;
const closed = (journeyId: string, { won, contact, owner, outcome = 'won' }: Win): JourneyEvent => ({
  type: 'JourneyClosed',
  data: {
    journeyId,
    outcome,
    closedAt: midnight(won),
    openedAt: midnight('2024-01-01'),
    ...(contact && { firstContactAt: midnight(contact) }),
    ...(owner && { owner }),
    leadIds: [],
    amounts: [],
    touches: [],
  },
});
const models = modelsOf(
  [journeys],
  [
    closed('a', { won: '2024-02-11', contact: '2024-02-01', owner: 'Moses' }),
    closed('b', { won: '2024-02-21', contact: '2024-02-01', owner: 'Eve' }),
    closed('c', { won: '2024-03-01', contact: '2024-03-03', owner: 'Eve' }),
    closed('d', { won: '2024-03-05' }),
    closed('e', { won: '2024-03-05', contact: '2023-01-01', outcome: 'lost' }),
    closed('f', { won: '2024-03-05', contact: '2023-01-01' }),
    { type: 'JourneyReopened', data: { journeyId: 'f' } } as const,
  ].map((event) => recorded(event)),
);

describe('the sales cycle', () => {
  it('runs from the first contact to the win, over won deals', async () =>
    expect(await salesCycle(await models)).toEqual({
      // c was won before its first contact: 10 and 20 days are left
      total: {
        key: null,
        deals: 2,
        withoutContact: 1,
        wonBeforeContact: 1,
        medianDays: 15,
        p90Days: 19,
        meanDays: 15,
      },
      rows: [],
      percentiles: 'exact',
      warnings: ['total: 1 of 3 deals were won before their first contact; they are left out.'],
    }));
  it('selects the deals won in the period, excluding its end', async () => {
    const { total } = await salesCycle(await models, { from: '2024-02-11', to: '2024-02-21' });
    expect(total).toMatchObject({ deals: 1, medianDays: 10 });
  });
  it('breaks down by owner, those without one first', async () => {
    const { rows, warnings } = await salesCycle(await models, { by: 'owner' });
    expect(warnings).toEqual([
      'total: 1 of 3 deals were won before their first contact; they are left out.',
      'Eve: 1 of 2 deals were won before their first contact; they are left out.',
    ]);
    expect(rows).toMatchObject([
      { key: null, deals: 0, withoutContact: 1, medianDays: null },
      { key: 'Eve', deals: 1, wonBeforeContact: 1, medianDays: 20 },
      { key: 'Moses', deals: 1, medianDays: 10 },
    ]);
  });
  it('breaks down by the month of the win in the time zone', async () => {
    const months = async (timeZone?: string) =>
      (await salesCycle(await models, { by: 'month', timeZone })).rows.map(({ key, deals, wonBeforeContact }) => [
        key,
        deals + wonBeforeContact,
      ]);
    expect(await months()).toEqual([
      ['2024-02', 2],
      ['2024-03', 1],
    ]);
    expect(await months('America/New_York')).toEqual([
      ['2024-02', 3],
      ['2024-03', 0],
    ]);
  });
  it('is restricted by the filters', async () =>
    expect((await salesCycle(await models, { filters: { owner: 'Eve' } })).total).toMatchObject({ deals: 1 }));
});
