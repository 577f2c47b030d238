import fc from 'fast-check';
import { DAY_MS, fromMs, toMs } from '@baton/kernel';
import { transformKinds, type PathTransform } from '@baton/definitions';
import type { ModelJourney } from './model-journey.rules';
import { selectTouches, type PathRules } from './transforms.rules';

const day = (days: number) => fromMs(toMs('2024-01-01T00:00:00.000Z') + days * DAY_MS);
/** One touch per day, one letter per channel; the conversion a day after the last. */
const path = (letters: string): ModelJourney => ({
  touches: [...letters].map((channel, index) => ({ channel, occurredAt: day(index), campaign: `c-${channel}` })),
  conversionAt: day(letters.length),
});
const left = (journey: ModelJourney, ...transforms: PathTransform[]) =>
  selectTouches(journey, { transforms })
    .eligible.touches.map(({ channel }) => channel)
    .join('');
const reasons = (journey: ModelJourney, rules: PathRules) =>
  selectTouches(journey, rules).excluded.map((why) => why ?? '-');

describe('a path transform', () => {
  it.each<[PathTransform, string]>([
    [{ kind: 'exposure' }, 'DABCDC'],
    [{ kind: 'first-occurrence' }, 'DABC'],
    [{ kind: 'unique' }, 'DABBCDCC'],
    [{ kind: 'remove-if-not-all', channels: ['d'] }, 'ABBCCC'],
    [{ kind: 'remove-if-not-all', channels: ['A', 'B', 'C', 'D'] }, 'DABBCDCC'],
    [{ kind: 'remove-if-last-and-not-all', channels: ['C'] }, 'DABBCD'],
    [{ kind: 'remove-if-last-and-not-all', channels: ['C', 'D'] }, 'DABB'],
    [{ kind: 'remove-if-last-and-not-all', channels: ['A'] }, 'DABBCDCC'],
    [{ kind: 'trim', steps: 3 }, 'DCC'],
    [{ kind: 'trim', steps: 99 }, 'DABBCDCC'],
    [{ kind: 'lookback', steps: 2 }, 'CC'],
    [{ kind: 'lookback', within: 'P4D' }, 'CDCC'],
    [{ kind: 'lookback', within: 'P4D', steps: 2 }, 'CC'],
    [{ kind: 'include', channels: ['a', 'b'] }, 'ABB'],
    [{ kind: 'include', campaigns: ['C-D'] }, 'DD'],
    [{ kind: 'include', channels: ['A', 'D'], campaigns: ['c-d', 'c-b'] }, 'DD'],
    [{ kind: 'exclude', channels: ['A'], campaigns: ['c-c'] }, 'DBBD'],
  ])('%j leaves %s of DABBCDCC', (transform, expected) => expect(left(path('DABBCDCC'), transform)).toBe(expected));

  it('ignores the spelling of a channel', () => {
    expect(left(path('DdAaDA'), { kind: 'exposure' })).toBe('DADA');
    expect(left(path('DdAaDA'), { kind: 'first-occurrence' })).toBe('DA');
  });
  it('keeps a path that has only these channels', () => {
    expect(left(path('CCC'), { kind: 'remove-if-not-all', channels: ['C'] })).toBe('CCC');
    expect(left(path('CCC'), { kind: 'remove-if-last-and-not-all', channels: ['C'] })).toBe('CCC');
  });
  it('is applied in the order of the definition', () => {
    const collapse: PathTransform = { kind: 'exposure' };
    const drop: PathTransform = { kind: 'exclude', channels: ['B'] };
    expect(left(path('ABAB'), collapse, drop)).toBe('AA');
    expect(left(path('ABAB'), drop, collapse)).toBe('A');
  });
  it('gives a reason for each touch that is left out', () => {
    const journey = { ...path('XAABCA'), conversionAt: day(4.5) };
    expect(
      reasons(journey, {
        lookbackMs: 3.5 * DAY_MS,
        transforms: [{ kind: 'exposure' }, { kind: 'exclude', channels: ['B'] }, { kind: 'trim', steps: 1 }],
      }),
    ).toEqual(['before-window', 'before-last-steps', 'repeated', 'excluded', '-', 'after-conversion']);
    expect(reasons(path('AB'), { transforms: [{ kind: 'include', channels: ['B'] }] })).toEqual(['not-included', '-']);
    expect(reasons(path('ABA'), { transforms: [{ kind: 'first-occurrence' }] })).toEqual([
      '-',
      '-',
      'later-occurrence',
    ]);
    expect(reasons(path('AB'), { transforms: [{ kind: 'remove-if-not-all', channels: ['B'] }] })).toEqual([
      '-',
      'removed-channel',
    ]);
  });
  it('has no limit if the window begins before the calendar', () =>
    expect(reasons(path('AB'), { lookbackMs: Number.MAX_SAFE_INTEGER })).toEqual(['-', '-']));

  it('keeps a part of the path in its order, or all of it, and gives a reason for all others', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', 'B', 'C'), maxLength: 12 }),
        fc.array(
          fc.record({
            kind: fc.constantFrom(...transformKinds),
            channels: fc.subarray(['A', 'B', 'C']),
            steps: fc.integer({ min: 1, max: 6 }),
          }),
          { maxLength: 4 },
        ),
        (letters, transforms) => {
          const { eligible, places, excluded } = selectTouches(path(letters), { transforms });
          expect([...places].sort((a, b) => a - b)).toEqual(places);
          expect(eligible.touches.map(({ channel }) => channel).join('')).toBe(
            places.map((at) => letters[at]).join(''),
          );
          expect(excluded.flatMap((why, place) => (why ? [] : [place]))).toEqual(places);
        },
      ),
    ));
});

describe('a journey in any order', () => {
  it('is weighed by time, then by position in the log, then in the given order', () => {
    const at = day(0);
    const touches = [
      { occurredAt: day(1), channel: 'last' },
      { occurredAt: at, channel: 'second', order: '2' },
      { occurredAt: at, channel: 'first', order: '1' },
    ];
    const { eligible, places } = selectTouches({ touches, conversionAt: day(2) }, {});
    expect(eligible.touches.map(({ channel }) => channel)).toEqual(['first', 'second', 'last']);
    expect(places).toEqual([2, 1, 0]);
  });
  it('leaves out touches before an earlier conversion of the person', () => {
    const { excluded } = selectTouches(path('ABC'), {}, ({ occurredAt }) => occurredAt <= day(1));
    expect(excluded).toEqual(['before-earlier-conversion', 'before-earlier-conversion', undefined]);
  });
});
