import fc from 'fast-check';
import {
  dayOf,
  DAY_MS,
  durationMs,
  FIRST_INSTANT,
  fromMs,
  instantOf,
  isDay,
  isInstant,
  LAST_INSTANT,
  occurrenceFault,
  type BatonError,
} from '.';

const codeOf = (read: () => unknown): string => {
  try {
    return `read as ${String(read())}`;
  } catch (error) {
    return (error as BatonError).code;
  }
};

describe('an instant that comes in', () => {
  it.each([
    ['2024-01-17T10:00:00Z', '2024-01-17T10:00:00.000Z'],
    ['2024-01-17t10:00:00z', '2024-01-17T10:00:00.000Z'],
    ['2024-01-17T10:00+02:00', '2024-01-17T08:00:00.000Z'],
    ['2024-01-17T10:00:00.5-0330', '2024-01-17T13:30:00.500Z'],
    ['2024-01-17T10:00:00+14:00', '2024-01-16T20:00:00.000Z'],
    ['1900-01-01T00:00:00Z', FIRST_INSTANT],
    ['2200-12-31T23:59:59.999Z', LAST_INSTANT],
  ])('%s is %s', (text, stored) => expect(instantOf(text)).toBe(stored));

  it.each([
    '2024-01-17T10:00:00+25:00',
    '2024-01-17T10:00:00+14:30',
    '2024-01-17T10:00:00+02:99',
    '-000001-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '+002024-01-17T10:00:00Z',
    '2024-02-30T10:00:00Z',
    '2024-01-17T25:00:00Z',
    '2024-01-17T10:00:00',
    '2024-01-17',
    '2024-W03-3T10:00:00Z',
    '1705485600000',
    ' 2024-01-17T10:00:00Z',
    '',
  ])('"%s" is none', (text) => expect(codeOf(() => instantOf(text))).toBe('time/not-an-instant'));

  it.each(['1899-12-31T23:59:59.999Z', '1900-01-01T00:00:00+01:00', '2201-01-01T00:00:00Z', '0000-01-01T00:00:00Z'])(
    '%s is out of range',
    (text) => {
      expect(codeOf(() => instantOf(text))).toBe('time/out-of-range');
      expect(isInstant(text)).toBe(false);
    },
  );
});

describe('a day that comes in', () => {
  it.each(['1900-01-01', '2024-02-29', '2200-12-31'])('%s is one', (text) => {
    expect(dayOf(text)).toBe(text);
    expect(isDay(text)).toBe(true);
  });
  it.each([
    ['1899-12-31', 'time/out-of-range'],
    ['2201-01-01', 'time/out-of-range'],
    ['2023-02-29', 'time/not-a-day'],
    ['+2024-01-01', 'time/not-a-day'],
    ['-000001-01-01', 'time/not-a-day'],
    ['2024-1-1', 'time/not-a-day'],
  ])('%s is refused as %s', (text, code) => {
    expect(codeOf(() => dayOf(text))).toBe(code);
    expect(isDay(text)).toBe(false);
  });
});

describe('when something happened', () => {
  const now = '2024-01-17T10:00:00.000Z';
  it.each(['1990-01-01T00:00:00.000Z', now, '2024-01-17T10:05:00.000Z'])('may be %s', (at) =>
    expect(occurrenceFault(at, now)).toBeUndefined(),
  );
  it.each([
    ['1970-01-01T00:00:00.000Z', 'command/empty-date'],
    ['1989-12-31T23:59:59.999Z', 'command/too-early'],
    ['2024-01-17T10:05:00.001Z', 'command/in-the-future'],
    ['2024-01-17T10:00:00Z', 'command/bad-time'],
    ['2201-01-01T00:00:00.000Z', 'command/bad-time'],
  ])('may not be %s: %s', (at, code) => expect(occurrenceFault(at, now)).toMatchObject({ code, path: 'occurredAt' }));
});

describe('a computed instant', () => {
  it('can always be stored, and is exact within the bounds', () =>
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -4e12, max: 9e12 })), (ms) => {
        const instant = fromMs(ms);
        expect(isInstant(instant)).toBe(true);
        if (Number.isInteger(ms) && ms >= Date.parse(FIRST_INSTANT) && ms <= Date.parse(LAST_INSTANT))
          expect(Date.parse(instant)).toBe(ms);
      }),
    ));
  it('is none for what is no number', () => expect(() => fromMs(NaN)).toThrow(RangeError));
});

describe('a duration', () => {
  it.each([
    ['P36525D', 36_525 * DAY_MS],
    ['PT0S', 0],
    ['P1W', 7 * DAY_MS],
  ])('%s is %d ms', (text, ms) => expect(durationMs(text)).toBe(ms));
  it.each(['P36526D', 'P99999999999W', '-P1D', 'P-1D', 'P1M', 'P1Y', '30D', ''])('"%s" is none', (text) =>
    expect(codeOf(() => durationMs(text))).toBe('time/not-a-duration'),
  );
});
