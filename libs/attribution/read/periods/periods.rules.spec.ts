import type { Recorded } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { difference, noFigures, onlyCurrency, versionsOf, type Figures } from './periods.rules';

const eur = (minor: number) => ({ minor, currency: 'EUR' });
const figures = (email: number, unattributed: number): Figures => ({
  rows: [{ key: 'email', conversions: 1, revenue: eur(email) }],
  unattributed: { conversions: 1, revenue: eur(unattributed) },
  total: { conversions: 2, revenue: eur(email + unattributed) },
});

describe('the difference of two reports', () => {
  it('names only what changed', () =>
    expect(difference('channel', figures(7, 5), figures(7, 1), 'EUR')).toEqual({
      rows: [],
      unattributed: { conversions: 0, revenue: eur(4) },
      total: { conversions: 0, revenue: eur(4) },
    }));
  it('compares keys in whatever spelling', () => {
    const shouted = { ...figures(7, 5), rows: [{ key: 'EMAIL ', conversions: 1, revenue: eur(4) }] };
    expect(difference('channel', figures(7, 5), shouted, 'EUR').rows).toEqual([
      { key: 'EMAIL', conversions: 0, revenue: eur(3) },
    ]);
  });
  it('takes away what is gone', () =>
    expect(difference('channel', noFigures, figures(7, 5), 'EUR').rows).toEqual([
      { key: 'email', conversions: -1, revenue: eur(-7) },
    ]));
  it('leaves money out when there is no single currency', () => {
    expect(difference('channel', figures(7, 5), noFigures, null).total).toEqual({ conversions: 2, revenue: null });
    expect([onlyCurrency([]), onlyCurrency(['EUR', 'EUR']), onlyCurrency(['EUR', 'USD'])]).toEqual([null, 'EUR', null]);
  });
});

describe('the versions of a journey', () => {
  const facts = {
    journeyId: 'deal',
    outcome: 'won' as const,
    closedAt: '2024-02-01T00:00:00.000Z',
    openedAt: '2024-01-01T00:00:00.000Z',
    leadIds: [],
    touches: [],
  };
  const restated = { ...facts, cause: 'merge', earlier: [], added: [], parts: 2 };
  const events = [
    recorded<JourneyEvent>({ type: 'JourneyClosed', data: { ...facts, part: 1, parts: 1 } }),
    recorded<JourneyEvent>({ type: 'JourneyRestated', data: { ...restated, part: 1 } }),
    recorded<JourneyEvent>({ type: 'JourneyRestated', data: { ...restated, part: 2 } }),
    recorded<JourneyEvent>({ type: 'JourneyReopened', data: { journeyId: 'deal' } }),
  ] as readonly Recorded<JourneyEvent>[];
  it('are one for a list in parts, each with its cause', () =>
    expect(
      versionsOf('deal', events, events[3]!.position).map(({ cause, journey }) => [cause, journey.status]),
    ).toEqual([
      ['closed', 'closed'],
      ['merge', 'closed'],
      ['reopened', 'reopened'],
    ]));
  it('are told up to a position', () =>
    expect(versionsOf('deal', events, events[0]!.position).map(({ cause }) => cause)).toEqual(['closed']));
});
