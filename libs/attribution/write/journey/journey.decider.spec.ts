import fc from 'fast-check';
import { EVENT_CHUNK_LIMITS } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { journeyDecider } from './journey.decider';
import { changedTouches, inOrder } from './journey-touches.rules';
import { journeyEvents, type JourneyEvent, type JourneyTouch, type RestatementReason } from './journey.events';

const given = specFor(journeyDecider);
const touch = (touchId: string, extra: Partial<JourneyTouch> = {}): JourneyTouch => ({
  touchId,
  occurredAt: '2024-01-02T00:00:00.000Z',
  leadId: 'ada',
  action: 'download',
  team: 'marketing',
  ...extra,
});
const facts = {
  journeyId: 'deal',
  outcome: 'won' as const,
  closedAt: '2024-02-01T00:00:00.000Z',
  openedAt: '2024-01-10T00:00:00.000Z',
  leadIds: ['ada'],
  amounts: [],
};
const state = (touches: readonly JourneyTouch[], changed = {}, reasons?: RestatementReason[]) => ({
  type: 'StateJourney' as const,
  data: { ...facts, ...changed, ...(reasons && { reasons }), touches: [...touches] },
});
const closed = (touches: readonly JourneyTouch[], more?: true): JourneyEvent => ({
  type: 'JourneyClosed',
  data: { ...facts, touches: [...touches], ...(more && { more }) },
});
const restated = (changes: object, more = {}): JourneyEvent => ({
  type: 'JourneyRestated',
  data: { ...facts, reasons: ['late-touch'], added: [], changed: [], removed: [], ...changes, ...more },
});
const reopen = { type: 'ReopenJourney', data: { journeyId: 'deal' } } as const;
const reopened = { type: 'JourneyReopened', data: { journeyId: 'deal' } } as const;
const late: RestatementReason[] = ['late-touch'];
/** The events when the same statement is sent until it is complete. */
const stated = (past: readonly JourneyEvent[], touches: readonly JourneyTouch[]): JourneyEvent[] => {
  const all = [...past];
  for (let sent = 0; sent < 100; sent++) {
    const next = given(...all)
      .when(state(touches, {}, late))
      .decided() as readonly JourneyEvent[];
    for (const { type, data } of next) expect(journeyEvents.schemas.get(type)!.faultOf(data)).toBeUndefined();
    expect(Buffer.byteLength(JSON.stringify(next))).toBeLessThan(1_000_000);
    all.push(...next);
    const last = next.at(-1);
    if (!last || !('more' in last.data)) return all.slice(past.length);
  }
  throw new Error('it never ends');
};
/** The touches of a journey from its events. */
const touchesOf = (events: readonly JourneyEvent[]): readonly JourneyTouch[] =>
  events.reduce<readonly JourneyTouch[]>((touches, { type, data }) => {
    if (type === 'JourneyClosed') return [...touches, ...data.touches];
    return type === 'JourneyRestated' ? changedTouches(touches, data) : touches;
  }, []);

describe('closing a journey', () => {
  const one = [touch('one')];
  it('records its touches', () => given().when(state(one)).then(closed(one)));
  it('records a journey without touches', () => given().when(state([])).then(closed([])));
  it('writes nothing the second time', () => given(closed(one)).when(state(one)).then());
  it('is possible again after the deal was reopened', () =>
    given(closed(one), reopened).when(state(one)).then(closed(one)));
  it('has no maximum length: the part beyond one append is recorded with the next command', () => {
    const long = Array.from({ length: 4_000 }, (_, n) =>
      touch(`touch-${String(n).padStart(4, '0')}`, { page: 'x'.repeat(400) }),
    );
    const events = stated([], long);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['JourneyClosed']));
    expect(touchesOf(events)).toEqual(long);
    expect(events.filter(({ data }) => !('more' in data))).toEqual([events.at(-1)]);
    given(...events)
      .when(state(long))
      .then();
  });
  it('records the differences if facts changed before the statement was complete', () => {
    const [a, b, c] = [touch('a'), touch('b'), touch('c')];
    given(closed([a, b], true))
      .when(state([b, c], {}, late))
      .then(restated({ added: [c], removed: ['a'] }));
  });
});

describe('restating a journey', () => {
  const [one, two] = [touch('one'), touch('two')];
  it('records what was added, changed and removed, and why', () => {
    const corrected = { ...one, role: 'champion' };
    given(closed([one, touch('gone')]))
      .when(state([corrected, two], {}, late))
      .then(restated({ added: [two], changed: [corrected], removed: ['gone'] }));
  });
  it('records another amount with the same touches', () => {
    const amounts = [{ at: facts.closedAt, amount: { minor: 100, currency: 'EUR' } }];
    given(closed([one]))
      .when(state([one], { amounts }, ['amount']))
      .then(restated({}, { amounts, reasons: ['amount'] }));
  });
  it('writes nothing if nothing is different, whatever the order of fields', () => {
    const { team, ...rest } = one;
    given(closed([one]))
      .when(state([{ team, ...rest }], {}, late))
      .then();
  });
  it('is compared with the last statement, not the first', () =>
    given(closed([one]), restated({ added: [two], removed: ['one'] }))
      .when(state([two], {}, late))
      .then());
  it('of any length ends with exactly the stated touches', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1500 }), { maxLength: 1200 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 1500 }), { maxLength: 1200 }),
        fc.string({ maxLength: 400 }),
        (first, second, page) => {
          const named = (list: readonly number[], content?: string) =>
            list
              .map((id) => touch(`touch-${id}`, { page: page.padEnd(1, 'x'), ...(content && { content }) }))
              .sort(inOrder);
          const past = stated([], named(first));
          const now = [
            ...named(second.filter((n) => n % 3 > 0)),
            ...named(
              second.filter((n) => n % 3 === 0),
              'other',
            ),
          ].sort(inOrder);
          const events = stated(past, now);
          expect(touchesOf([...past, ...events])).toEqual(now);
          for (const { data } of events as Extract<JourneyEvent, { type: 'JourneyRestated' }>[])
            expect(data.added.length + data.changed.length + data.removed.length).toBeLessThanOrEqual(
              EVENT_CHUNK_LIMITS.count,
            );
        },
      ),
      { numRuns: 30 },
    ));
});

describe('stating some touches', () => {
  const [one, two, three] = [touch('one'), touch('two'), touch('three')];
  const some = (touches: readonly JourneyTouch[], changed = {}) =>
    state(touches, { keepsOthers: true, ...changed }, late);
  it('keeps the others', () => {
    const corrected = { ...two, role: 'champion' };
    given(closed([one, two]))
      .when(some([corrected, three]))
      .then(restated({ added: [three], changed: [corrected] }));
  });
  it('records a fact without any touch', () =>
    given(closed([one]))
      .when(some([], { owner: 'amy' }))
      .then(restated({}, { owner: 'amy' })));
  it('keeps an earlier first contact, and records an earlier one', () => {
    const [first, second, third] = [1, 2, 3].map((day) => ({ firstContactAt: `2024-01-0${day}T00:00:00.000Z` }));
    const known = restated({}, second);
    given(closed([one]), known)
      .when(some([one], third))
      .then();
    given(closed([one]), known)
      .when(some([]))
      .then();
    given(closed([one]), known)
      .when(some([two], first))
      .then(restated({ added: [two] }, first));
  });
  it('writes nothing the second time', () =>
    given(closed([one, two]))
      .when(some([two]))
      .then());
  it('writes nothing while a statement is incomplete: its next part states them', () => {
    given(closed([one], true))
      .when(some([two]))
      .then();
    given(closed([one]), restated({ added: [two] }, { more: true }))
      .when(some([three]))
      .then();
    given(closed([one]), restated({ added: [two] }, { more: true }), restated({}))
      .when(some([three]))
      .then(restated({ added: [three] }));
  });
  it('writes nothing if no journey is closed', () => {
    given()
      .when(some([one]))
      .then();
    given(closed([one]), reopened)
      .when(some([two]))
      .then();
  });
});

describe('reopening a deal', () => {
  it('ends the credit of its close', () => given(closed([])).when(reopen).then(reopened));
  it('ends it before the statement is complete, too', () => given(closed([], true)).when(reopen).then(reopened));
  it('writes nothing the second time', () => given(closed([]), reopened).when(reopen).then());
  it('writes nothing if no journey was closed', () => given().when(reopen).then());
});
