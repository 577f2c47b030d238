import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  boundOf,
  asOfBoundOf,
  dayAt,
  dayOf,
  DAY_MS,
  durationMs,
  FIRST_INSTANT,
  fromMs,
  instantOf,
  isDay,
  isInstant,
  LAST_INSTANT,
  monthEdges,
  monthOf,
  nextDay,
  occurrenceFault,
  startOfDay,
  storedToMs,
  toMs,
  zoneOf,
  type BatonError,
} from '.';

const codeOf = (read: () => unknown): string => {
  try {
    return `read as ${String(read())}`;
  } catch (error) {
    return (error as BatonError).code;
  }
};

describe('storedToMs', () => {
  it('is what Date.parse makes of every instant', () =>
    fc.assert(
      fc.property(fc.date({ min: new Date(FIRST_INSTANT), max: new Date(LAST_INSTANT), noInvalidDate: true }), (date) =>
        expect(storedToMs(date.toISOString())).toBe(date.getTime()),
      ),
    ));
  it.each(['2024-02-29T23:59:59.999Z', '1900-02-28T00:00:00.000Z', '2000-03-01T00:00:00.000Z', LAST_INSTANT])(
    'knows %s',
    (instant) => expect(storedToMs(instant)).toBe(Date.parse(instant)),
  );
  it.each(['', 'soon', '2024-13-01T00:00:00.000Z', '2024-01-17T10:00:00Z'])('is NaN for %j', (text) =>
    expect(storedToMs(text)).toBeNaN(),
  );
});

describe('instantOf', () => {
  it.each([
    ['2024-01-17T10:00:00Z', '2024-01-17T10:00:00.000Z'],
    ['2024-01-17t10:00:00z', '2024-01-17T10:00:00.000Z'],
    ['2024-01-17T10:00+02:00', '2024-01-17T08:00:00.000Z'],
    ['2024-01-17T10:00:00.5-0330', '2024-01-17T13:30:00.500Z'],
    ['2024-01-17T10:00:00+14:00', '2024-01-16T20:00:00.000Z'],
    ['1900-01-01T00:00:00Z', FIRST_INSTANT],
    ['2200-12-31T23:59:59.999Z', LAST_INSTANT],
  ])('parses %s as %s', (text, stored) => expect(instantOf(text)).toBe(stored));

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
  ])('refuses "%s"', (text) => expect(codeOf(() => instantOf(text))).toBe('time/not-an-instant'));

  it.each(['1899-12-31T23:59:59.999Z', '1900-01-01T00:00:00+01:00', '2201-01-01T00:00:00Z', '0000-01-01T00:00:00Z'])(
    'refuses %s as out of range',
    (text) => {
      expect(codeOf(() => instantOf(text))).toBe('time/out-of-range');
      expect(isInstant(text)).toBe(false);
    },
  );
});

describe('dayOf', () => {
  it.each(['1900-01-01', '2024-02-29', '2200-12-31'])('accepts %s', (text) => {
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
  ])('refuses %s with %s', (text, code) => {
    expect(codeOf(() => dayOf(text))).toBe(code);
    expect(isDay(text)).toBe(false);
  });
});

describe('occurredAt', () => {
  const now = '2024-01-17T10:00:00.000Z';
  it.each(['1990-01-01T00:00:00.000Z', now, '2024-01-17T10:05:00.000Z'])('can be %s', (at) =>
    expect(occurrenceFault(at, now)).toBeUndefined(),
  );
  it.each([
    ['1970-01-01T00:00:00.000Z', 'command/empty-date'],
    ['1989-12-31T23:59:59.999Z', 'command/too-early'],
    ['2024-01-17T10:05:00.001Z', 'command/in-the-future'],
    ['2024-01-17T10:00:00Z', 'command/bad-time'],
    ['2201-01-01T00:00:00.000Z', 'command/bad-time'],
  ])('cannot be %s: %s', (at, code) => expect(occurrenceFault(at, now)).toMatchObject({ code, path: 'occurredAt' }));
});

describe('a computed instant', () => {
  it('can always be stored, and is exact within the range', () =>
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -4e12, max: 9e12 })), (ms) => {
        const instant = fromMs(ms);
        expect(isInstant(instant)).toBe(true);
        if (Number.isInteger(ms) && ms >= Date.parse(FIRST_INSTANT) && ms <= Date.parse(LAST_INSTANT))
          expect(Date.parse(instant)).toBe(ms);
      }),
    ));
  it('does not exist for NaN', () => expect(() => fromMs(NaN)).toThrow(RangeError));
});

describe('a duration', () => {
  it.each([
    ['P36525D', 36_525 * DAY_MS],
    ['PT0S', 0],
    ['P1W', 7 * DAY_MS],
  ])('%s has %d ms', (text, ms) => expect(durationMs(text)).toBe(ms));
  it.each(['P36526D', 'P99999999999W', '-P1D', 'P-1D', 'P1M', 'P1Y', '30D', ''])('refuses "%s"', (text) =>
    expect(codeOf(() => durationMs(text))).toBe('time/not-a-duration'),
  );
});

describe('a day of a zone', () => {
  it.each([
    ['midnight once', '2024-01-17', 'Europe/Berlin', '2024-01-16T23:00:00.000Z'],
    ['midnight twice', '2024-10-27', 'Atlantic/Azores', '2024-10-27T00:00:00.000Z'],
    ['midnight twice, in the west', '2015-11-01', 'America/Havana', '2015-11-01T04:00:00.000Z'],
    ['the hour before midnight twice', '2010-10-01', 'Africa/Cairo', '2010-09-30T22:00:00.000Z'],
    [
      'a minute after midnight, then the evening before once more',
      '2010-11-07',
      'America/St_Johns',
      '2010-11-07T02:30:00.000Z',
    ],
    ['no midnight', '2023-10-01', 'America/Asuncion', '2023-10-01T04:00:00.000Z'],
    ['no midnight, in the east', '2022-03-27', 'Asia/Beirut', '2022-03-26T22:00:00.000Z'],
    ['no such day', '2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['the day after one that was left out', '2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['UTC', '2024-10-27', 'UTC', '2024-10-27T00:00:00.000Z'],
  ])('begins at its first instant: %s', (_, day, zone, begins) => expect(startOfDay(day, zone)).toBe(begins));

  it.each([
    [
      'the evening before, which the clocks show again, is not part of it',
      'Africa/Cairo',
      '2010-09-30T21:30:00.000Z',
      '2010-09-30',
    ],
    [
      'it has begun, although the clocks show the day before again',
      'America/St_Johns',
      '2009-11-01T02:45:00.000Z',
      '2009-11-01',
    ],
    ['before its first instant it is the day before', 'America/St_Johns', '2009-11-01T02:29:59.999Z', '2009-10-31'],
    ['midnight twice', 'America/Havana', '2015-11-01T04:30:00.000Z', '2015-11-01'],
    ['no midnight', 'America/Asuncion', '2023-10-01T03:59:59.999Z', '2023-09-30'],
  ])('contains an instant: %s', (_, zone, at, day) => expect(dayAt(at, zone)).toBe(day));

  const zones = [
    ...['Atlantic/Azores', 'America/Havana', 'Africa/Cairo', 'America/St_Johns', 'America/Asuncion', 'Asia/Beirut'],
    ...['Pacific/Apia', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC'],
  ];
  it('contains the instants from its first one up to the first one of the next day, with any clock change', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: new Date('1990-01-01'), max: new Date('2030-12-31'), noInvalidDate: true }),
        fc.constantFrom(-1, 0, 1, 60_000, 1_800_000, 3_599_999, 3_600_000),
        (zone, date, step) => {
          for (const at of [
            fromMs(date.getTime()),
            fromMs(toMs(startOfDay(dayAt(fromMs(date.getTime()), zone), zone)) + step),
          ]) {
            const day = dayAt(at, zone);
            expect(startOfDay(day, zone) <= at).toBe(true);
            expect(startOfDay(nextDay(day), zone) > at).toBe(true);
          }
        },
      ),
    ));
  it('is the day on the local clock, unless clocks go back over midnight', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(
          ...zones.filter(
            (zone) => !['Africa/Cairo', 'America/St_Johns', 'Asia/Beirut', 'America/Asuncion'].includes(zone),
          ),
        ),
        fc.date({ min: new Date('1990-01-01'), max: new Date('2030-12-31'), noInvalidDate: true }),
        (zone, date) =>
          expect(dayAt(fromMs(date.getTime()), zone)).toBe(DateTime.fromMillis(date.getTime(), { zone }).toISODate()),
      ),
    ));
});

describe('a month of a zone', () => {
  it('begins with its first day', () => {
    expect(monthEdges('2015-10-15T00:00:00.000Z', '2015-11-15T00:00:00.000Z', 'America/Havana')).toEqual([
      '2015-10-01T04:00:00.000Z',
      '2015-11-01T04:00:00.000Z',
      '2015-12-01T05:00:00.000Z',
    ]);
    expect(monthEdges('2023-09-30T00:00:00.000Z', '2023-10-02T00:00:00.000Z', 'America/Asuncion')).toEqual([
      '2023-09-01T04:00:00.000Z',
      '2023-10-01T04:00:00.000Z',
      '2023-11-01T03:00:00.000Z',
    ]);
  });
  it('contains the instants between two edges', () => {
    const of = (at: string) => monthOf(at, 'America/Havana');
    expect(
      ['03:59:59.999', '04:00:00.000', '04:30:00.000', '05:30:00.000'].map((time) => of(`2015-11-01T${time}Z`)),
    ).toEqual(['2015-10', '2015-11', '2015-11', '2015-11']);
    // The clocks of Newfoundland went back into October a minute after November had begun.
    expect(monthOf('2009-11-01T02:45:00.000Z', 'America/St_Johns')).toBe('2009-11');
  });
});

describe('an end of a period', () => {
  it.each([
    ['2024-01-01', 'UTC', '2024-01-01T00:00:00.000Z'],
    ['2024-01-01', 'America/New_York', '2024-01-01T05:00:00.000Z'],
    ['2024-01-01T00:00:00-05:00', 'Asia/Kathmandu', '2024-01-01T05:00:00.000Z'],
  ])('%s in %s is %s', (text, zone, instant) => expect(boundOf(text, zone)).toBe(instant));
  it.each([
    ['2024-01-01T00:00:00', 'time/not-a-day-or-instant'],
    ['2024-01', 'time/not-a-day-or-instant'],
    ['yesterday', 'time/not-a-day-or-instant'],
    ['2024-02-30', 'time/not-a-day'],
    ['2024-02-30T00:00:00Z', 'time/not-an-instant'],
    ['1800-01-01', 'time/out-of-range'],
  ])('"%s" is refused: %s', (text, code) => expect(codeOf(() => boundOf(text, 'UTC', 'from'))).toBe(code));
  it.each([
    ['2024-01-01', 'UTC', '2024-01-01T23:59:59.999Z'],
    ['2024-01-01', 'America/New_York', '2024-01-02T04:59:59.999Z'],
    ['2024-02-29', 'Asia/Kathmandu', '2024-02-29T18:14:59.999Z'],
    ['2024-10-27', 'Atlantic/Azores', '2024-10-28T00:59:59.999Z'],
    ['2024-01-01T00:00:00-05:00', 'Asia/Kathmandu', '2024-01-01T05:00:00.000Z'],
  ])('is of a cut the end of the day: %s in %s is %s', (text, zone, instant) =>
    expect(asOfBoundOf(text, zone)).toBe(instant),
  );
  it.each([
    ['2024-01-01T00:00:00', 'time/not-a-day-or-instant'],
    ['2024-02-30', 'time/not-a-day'],
    ['1800-01-01', 'time/out-of-range'],
  ])('of a cut "%s" is refused: %s', (text, code) =>
    expect(codeOf(() => asOfBoundOf(text, 'UTC', 'knownBy'))).toBe(code),
  );
  it('requires an existing zone', () => {
    expect([zoneOf(undefined), zoneOf(null), zoneOf('Asia/Kathmandu')]).toEqual(['UTC', 'UTC', 'Asia/Kathmandu']);
    expect(codeOf(() => zoneOf('Mars/Olympus'))).toBe('time/unknown-zone');
  });
});
