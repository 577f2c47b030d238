import type { StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { figuresDifference, noFigures, stored, versionsOf, written, type Figures } from './periods.rules';

const eur = (minor: number) => [{ minor, currency: 'EUR' }];
const figures = (email: number, unattributed: number): Figures => ({
  rows: [{ key: 'email', conversions: 1, revenue: eur(email) }],
  unattributed: { conversions: 1, revenue: eur(unattributed) },
  total: { conversions: 2, revenue: eur(email + unattributed) },
});

describe('the difference of two reports', () => {
  it('contains only changes', () =>
    expect(figuresDifference('channel', figures(7, 5), figures(7, 1), ['EUR'])).toEqual({
      rows: [],
      unattributed: { conversions: 0, revenue: eur(4) },
      total: { conversions: 0, revenue: eur(4) },
    }));
  it('compares keys ignoring spelling', () => {
    const shouted = { ...figures(7, 5), rows: [{ key: 'EMAIL ', conversions: 1, revenue: eur(4) }] };
    expect(figuresDifference('channel', figures(7, 5), shouted, ['EUR']).rows).toEqual([
      { key: 'EMAIL', conversions: 0, revenue: eur(3) },
    ]);
  });
  it('subtracts removed keys', () =>
    expect(figuresDifference('channel', noFigures, figures(7, 5), ['EUR']).rows).toEqual([
      { key: 'email', conversions: -1, revenue: eur(-7) },
    ]));
  it('has one sum per currency, and conversions without floating-point rests', () => {
    const dollars = { minor: 3, currency: 'USD' };
    const after = { ...figures(7, 5), total: { conversions: 0.3, revenue: [...eur(12), dollars] } };
    const before = { ...noFigures, total: { conversions: 0.1, revenue: eur(2) } };
    expect(figuresDifference('channel', after, before, ['EUR', 'USD']).total).toEqual({
      conversions: 0.2,
      revenue: [...eur(10), dollars],
    });
  });
  it('is stored without currencies that have no amount, and read with all', () => {
    const credited = { conversions: 1, revenue: [...eur(0), { minor: 3, currency: 'USD' }] };
    expect(written(credited)).toEqual({ conversions: 1, revenue: [{ minor: 3, currency: 'USD' }] });
    expect(stored(written(credited), ['EUR', 'USD'])).toEqual(credited);
  });
});

describe('the versions of a journey', () => {
  const facts = {
    journeyId: 'deal',
    outcome: 'won' as const,
    closedAt: '2024-02-01T00:00:00.000Z',
    openedAt: '2024-01-01T00:00:00.000Z',
    leadIds: [],
    amounts: [],
  };
  const restated = { ...facts, reasons: ['merge' as const], added: [], changed: [], removed: [] };
  const events = [
    recorded<JourneyEvent>({ type: 'JourneyClosed', data: { ...facts, touches: [] } }),
    recorded<JourneyEvent>({ type: 'JourneyRestated', data: { ...restated, more: true } }),
    recorded<JourneyEvent>({ type: 'JourneyRestated', data: restated }),
    recorded<JourneyEvent>({ type: 'JourneyReopened', data: { journeyId: 'deal' } }),
  ] as readonly StoredEvent<JourneyEvent>[];
  it('are one for a statement in parts, each with its reasons', () =>
    expect(
      versionsOf('deal', events, events[3]!.position).map(({ reasons, journey }) => [reasons.join(), journey.status]),
    ).toEqual([
      ['closed', 'closed'],
      ['merge', 'closed'],
      ['reopened', 'reopened'],
    ]));
  it('end at a position', () =>
    expect(versionsOf('deal', events, events[0]!.position).map(({ reasons }) => reasons)).toEqual([['closed']]));
});
