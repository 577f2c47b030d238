import { foldAll, recorded } from '@baton/kernel/testing';
import type { JourneyEvent, JourneyTouch } from '../../write/journey/journey.events';
import { journeys } from './journeys.projection';

const touch = (touchId: string): JourneyTouch => ({
  touchId,
  occurredAt: '2024-01-02T00:00:00.000Z',
  leadId: 'ada',
  action: 'download',
  team: 'marketing',
});
const closed = (part: number, parts: number, touches: JourneyTouch[], more = {}): JourneyEvent => ({
  type: 'JourneyClosed',
  data: {
    journeyId: 'deal',
    outcome: 'won',
    closedAt: '2024-02-01T00:00:00.000Z',
    openedAt: '2024-01-10T00:00:00.000Z',
    leadIds: ['ada'],
    part,
    parts,
    touches,
    ...more,
  },
});
const restated = (part: number, parts: number, touches: JourneyTouch[]): JourneyEvent => ({
  type: 'JourneyRestated',
  data: { ...closed(part, parts, touches).data, part, parts, cause: 'merge', earlier: [], added: [], touches } as never,
});
const fold = (...events: JourneyEvent[]) =>
  foldAll(
    journeys,
    events.map((event) => recorded(event)),
  ).get('deal')!;
const [a, b, c] = [touch('a'), touch('b'), touch('c')];

describe('the journey of a deal', () => {
  it('holds the facts of the close; what is unknown is null', () =>
    expect(fold(closed(1, 1, [a], { amount: { minor: 5, currency: 'EUR' }, owner: 'rep' }))).toMatchObject({
      status: 'closed',
      outcome: 'won',
      amountMinor: 5,
      currency: 'EUR',
      owner: 'rep',
      product: null,
      firstContactAt: null,
      touches: [a],
    }));
  it('appears when the last part of its list is there, in order', () => {
    expect(fold(closed(1, 2, [a, b]))).toMatchObject({ status: 'gathering', touches: [] });
    const whole = fold(closed(1, 2, [a, b]), closed(2, 2, [c]));
    expect(whole).toMatchObject({ status: 'closed', touches: [a, b, c] });
    expect(whole).not.toHaveProperty('gathered');
  });
  it('stays as it was until the last part of a restatement is there', () => {
    const before = fold(closed(1, 1, [a]), restated(1, 2, [b]));
    expect(before).toMatchObject({ touches: [a], restatements: [] });
    expect(fold(closed(1, 1, [a]), restated(1, 2, [b]), restated(2, 2, [c]))).toMatchObject({
      touches: [b, c],
      restatements: [{ cause: 'merge' }],
    });
  });
  it('counts no more while the deal is reopened, and again when it closes', () => {
    const reopened: JourneyEvent = { type: 'JourneyReopened', data: { journeyId: 'deal' } };
    expect(fold(closed(1, 1, [a]), reopened)).toMatchObject({ status: 'reopened', touches: [a] });
    expect(fold(closed(1, 1, [a]), reopened, closed(1, 1, [b], { outcome: 'lost' }))).toMatchObject({
      status: 'closed',
      outcome: 'lost',
      touches: [b],
    });
  });
});
