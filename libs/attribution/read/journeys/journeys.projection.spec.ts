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
const facts = {
  journeyId: 'deal',
  outcome: 'won' as const,
  closedAt: '2024-02-01T00:00:00.000Z',
  openedAt: '2024-01-10T00:00:00.000Z',
  leadIds: ['ada'],
  amounts: [],
};
const closed = (touches: JourneyTouch[], more = {}): JourneyEvent => ({
  type: 'JourneyClosed',
  data: { ...facts, touches, ...more },
});
const restated = (changes: object, more = {}): JourneyEvent => ({
  type: 'JourneyRestated',
  data: { ...facts, reasons: ['merge'], added: [], changed: [], removed: [], ...changes, ...more },
});
const fold = (...events: JourneyEvent[]) =>
  foldAll(
    journeys,
    events.map((event) => recorded(event)),
  ).get('deal')!;
const [a, b, c] = [touch('a'), touch('b'), touch('c')];

describe('the journey of a deal', () => {
  it('contains the facts of the close; unknown ones are null', () => {
    const [first, second] = [100, 5].map((minor, n) => ({
      at: `2024-02-0${n + 1}T00:00:00.000Z`,
      amount: { minor, currency: 'EUR' },
    }));
    expect(fold(closed([a], { amounts: [first, second], owner: 'rep' }))).toMatchObject({
      status: 'closed',
      outcome: 'won',
      amounts: [
        { at: first!.at, minor: 100, currency: 'EUR' },
        { at: second!.at, minor: 5, currency: 'EUR' },
      ],
      amountMinor: 5,
      currency: 'EUR',
      owner: 'rep',
      product: null,
      firstContactAt: null,
      touches: [a],
    });
  });
  it('appears when its statement is complete, in order', () => {
    expect(fold(closed([a, b], { more: true }))).toMatchObject({ status: 'gathering', touches: [] });
    const whole = fold(closed([a, b], { more: true }), closed([c]));
    expect(whole).toMatchObject({ status: 'closed', touches: [a, b, c] });
    expect(whole).not.toHaveProperty('gathered');
  });
  it('is in order where a touch was recorded between two parts of its statement', () => {
    expect(fold(closed([a, c], { more: true }), closed([b])).touches).toEqual([a, b, c]);
  });
  it('stays unchanged until a restatement is complete', () => {
    const removing = restated({ removed: ['a'], added: [c] }, { more: true });
    expect(fold(closed([a]), removing)).toMatchObject({ touches: [a], restatements: [] });
    expect(fold(closed([a]), removing, restated({ added: [b] }))).toMatchObject({
      touches: [b, c],
      restatements: [{ reasons: ['merge'] }],
    });
  });
  it('moves a changed touch to its new place', () => {
    const moved = { ...a, occurredAt: '2024-01-03T00:00:00.000Z', role: 'champion' };
    expect(fold(closed([a, b]), restated({ changed: [moved] })).touches).toEqual([b, moved]);
  });
  it('orders touches of one instant as their source does, then by id', () => {
    const listed = [
      { ...c, sequence: 1 },
      { ...a, sequence: 2 },
    ];
    expect(fold(closed([b]), restated({ added: listed })).touches).toEqual([b, ...listed]);
  });
  it('does not count while the deal is reopened, and counts again when it closes', () => {
    const reopened: JourneyEvent = { type: 'JourneyReopened', data: { journeyId: 'deal' } };
    expect(fold(closed([a]), reopened)).toMatchObject({ status: 'reopened', touches: [a] });
    expect(fold(closed([a]), reopened, closed([b], { outcome: 'lost' }))).toMatchObject({
      status: 'closed',
      outcome: 'lost',
      touches: [b],
    });
  });
});
