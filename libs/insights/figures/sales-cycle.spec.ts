import { recorded } from '@baton/kernel/testing';
import { journeys, type JourneyEvent } from '@baton/attribution';
import { modelsOf } from '../../../test/support/read-models';
import type { Scope } from './figures.query';
import { shownFigures } from './shown-figures.query';

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

const NOW = '2024-07-01T00:00:00.000Z';
const asked = async (scope: Partial<Scope> = {}) => {
  const codes = ['sales-cycle', 'median-sales-cycle', 'p90-sales-cycle', 'wins-without-contact', 'wins-before-contact'];
  return (await shownFigures(await models, codes, scope, NOW)).figures;
};
const totals = (figures: Awaited<ReturnType<typeof asked>>) => figures.map(({ total }) => total[0]!.value);

describe('the sales cycle', () => {
  it('runs from the first contact to the win, over won deals', async () => {
    const figures = await asked();
    // c was won before its first contact, d without any: 10 and 20 days are left
    expect(totals(figures)).toEqual(['15', '15', '19', '1', '1']);
    expect(figures[0]!.total[0]).toMatchObject({ support: 2, missing: 2 });
  });
  it('selects the deals won in the period, excluding its end', async () => {
    const figures = await asked({ from: '2024-02-11', to: '2024-02-21' });
    expect(totals(figures)).toEqual(['10', '10', '10', '0', '0']);
  });
  it('breaks down by owner, also those without one', async () => {
    const [, median, , without, before] = await asked({ by: 'owner' });
    const byKey = ({ groups }: typeof median & object) =>
      Object.fromEntries(groups.map(({ key, values }) => [key, values[0]!.value]));
    expect(byKey(median!)).toEqual({ null: null, Eve: '20', Moses: '10' });
    expect(byKey(without!)).toEqual({ null: '1', Eve: '0', Moses: '0' });
    expect(byKey(before!)).toEqual({ null: '0', Eve: '1', Moses: '0' });
  });
  it('breaks down by the month of the win in the time zone', async () => {
    const months = async (timeZone?: string) => {
      const [cycle, , , , before] = await asked({ by: 'month', timeZone });
      return cycle!.groups.map(({ key, values }, place) => [
        ...[key, values[0]!.support + Number(before!.groups[place]!.values[0]!.value)],
      ]);
    };
    expect(await months()).toEqual([
      ['2024-02', 2],
      ['2024-03', 1],
    ]);
    expect(await months('America/New_York')).toEqual([
      ['2024-02', 3],
      ['2024-03', 0],
    ]);
  });
  it('is restricted by the filters', async () => {
    const [cycle] = await asked({ filters: { owner: { in: ['Eve'] } } });
    expect(cycle!.total[0]).toMatchObject({ support: 1, value: '20' });
  });
});
