import fc from 'fast-check';
import { specFor } from '@baton/kernel/testing';
import { journey, LARGEST_JOURNEY } from './journey.decider';
import { journeyEvents, TOUCHES_PER_EVENT, type JourneyEvent, type JourneyTouch } from './journey.events';

const given = specFor(journey);
const touch = (touchId: string, extra: Partial<JourneyTouch> = {}): JourneyTouch => ({
  touchId,
  occurredAt: '2024-01-02T00:00:00.000Z',
  leadId: 'ada',
  action: 'download',
  team: 'marketing',
  ...extra,
});
const many = (count: number, extra: Partial<JourneyTouch> = {}) =>
  Array.from({ length: count }, (_, index) => touch(`touch-${index}`, extra));
const facts = {
  journeyId: 'deal',
  outcome: 'won' as const,
  closedAt: '2024-02-01T00:00:00.000Z',
  openedAt: '2024-01-10T00:00:00.000Z',
  leadIds: ['ada'],
};
const close = (touches: JourneyTouch[], changed = {}) =>
  ({ type: 'CloseJourney', data: { ...facts, ...changed, touches } }) as const;
const restate = (touches: JourneyTouch[], changed = {}) =>
  ({ type: 'RestateJourney', data: { ...facts, ...changed, cause: 'late-touch', touches } }) as const;
const closed = (touches: JourneyTouch[]) =>
  ({ type: 'JourneyClosed', data: { ...facts, part: 1, parts: 1, touches } }) as const;
const reopen = { type: 'ReopenJourney', data: { journeyId: 'deal' } } as const;
const reopened = { type: 'JourneyReopened', data: { journeyId: 'deal' } } as const;
const written = (decided: unknown) => decided as JourneyEvent[];

describe('closing a journey', () => {
  const one = [touch('one')];
  it('records its touches', () => given().when(close(one)).then(closed(one)));
  it('records a journey without touches', () => given().when(close([])).then(closed([])));
  it('says nothing new the second time', () => given(closed(one)).when(close(one)).then());
  it('is refused with other facts while it is closed', () =>
    given(closed(one)).when(close([])).thenRefused('journey/already-closed'));
  it('is possible again after the deal was reopened', () =>
    given(closed(one), reopened).when(close(one)).then(closed(one)));
  it('takes several events for a long list', () => {
    const list = many(TOUCHES_PER_EVENT + 1);
    given()
      .when(close(list))
      .then(
        { type: 'JourneyClosed', data: { ...facts, part: 1, parts: 2, touches: list.slice(0, TOUCHES_PER_EVENT) } },
        { type: 'JourneyClosed', data: { ...facts, part: 2, parts: 2, touches: list.slice(TOUCHES_PER_EVENT) } },
      );
  });
  it('holds 2,000 touches with all that is usually known of them, and refuses what no append can hold', () => {
    const web = { source: 'newsletter', medium: 'email', campaign: 'spring-launch-2024', page: '/'.padEnd(150, 'x') };
    expect(
      written(
        given()
          .when(close(many(2000, web)))
          .decided(),
      ),
    ).toHaveLength(4);
    given()
      .when(close(many(2000, { page: 'x'.repeat(LARGEST_JOURNEY / 2000) })))
      .thenRefused('journey/too-long', 'touches');
  });
});

describe('restating a journey', () => {
  const [one, late] = [touch('one'), touch('late')];
  it('records the new list, what was added and what was dropped or changed', () => {
    const corrected = { ...one, role: 'champion' };
    given(closed([one]))
      .when(restate([corrected, late]))
      .then({
        type: 'JourneyRestated',
        data: {
          ...facts,
          part: 1,
          parts: 1,
          cause: 'late-touch',
          earlier: [one],
          added: ['one', 'late'],
          touches: [corrected, late],
        },
      });
  });
  it('records another amount with the same touches', () => {
    const amount = { minor: 100, currency: 'EUR' };
    given(closed([one]))
      .when(restate([one], { amount }))
      .then({
        type: 'JourneyRestated',
        data: { ...facts, amount, part: 1, parts: 1, cause: 'late-touch', earlier: [], added: [], touches: [one] },
      });
  });
  it('says nothing when nothing is different', () =>
    given(closed([one]))
      .when(restate([one]))
      .then());
  it('says nothing while the deal is open', () => {
    given()
      .when(restate([one]))
      .then();
    given(closed([one]), reopened)
      .when(restate([late]))
      .then();
  });
  it('is compared with the last list, not the first', () => {
    const [restated] = written(
      given(closed([one]))
        .when(restate([late]))
        .decided(),
    );
    given(closed([one]), restated!)
      .when(restate([late]))
      .then();
  });

  it('keeps the earlier list readable: the new one without the added and with the earlier touches', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1500 }), { maxLength: 1200 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 1500 }), { maxLength: 1200 }),
        (first, second) => {
          const named = (list: readonly number[]) => list.map((one) => touch(`touch-${one}`));
          const past = written(
            given()
              .when(close(named(first)))
              .decided(),
          );
          const events = written(
            given(...past)
              .when(restate(named(second)))
              .decided(),
          ).map((event) => {
            expect(journeyEvents.schemas.get(event.type)!.faultOf(event.data)).toBeUndefined();
            return event.data as Extract<JourneyEvent, { type: 'JourneyRestated' }>['data'];
          });
          if (events.length === 0) return expect(second).toEqual(first);
          expect(events.flatMap(({ touches }) => touches)).toEqual(named(second));
          const added = new Set(events.flatMap((event) => event.added));
          const rebuilt = [
            ...named(second).filter(({ touchId }) => !added.has(touchId)),
            ...events.flatMap(({ earlier }) => earlier),
          ];
          const ids = (list: readonly JourneyTouch[]) => list.map(({ touchId }) => touchId).sort();
          expect(ids(rebuilt)).toEqual(ids(named(first)));
        },
      ),
      { numRuns: 30 },
    ));
});

describe('reopening a deal', () => {
  it('ends what its close earned', () => given(closed([])).when(reopen).then(reopened));
  it('says nothing new the second time', () => given(closed([]), reopened).when(reopen).then());
  it('says nothing where no journey was closed', () => given().when(reopen).then());
});
