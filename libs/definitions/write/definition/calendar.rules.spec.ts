import { validateBody } from './kinds.rules';
import { calendarFor, specialDays, type BusinessCalendar } from './calendar.rules';

const office = { timeZone: 'Europe/Berlin', hours: [{ days: ['mon', 'tue'], from: '09:00', to: '17:00' }] };
const emea = { code: 'emea', for: [{ field: 'region', in: ['EMEA'] }], ...office };
const faultAt = (change: object) => validateBody('business-calendar', { ...office, ...change })?.path;

describe('a business calendar', () => {
  it('is accepted as both teams wrote it', () => {
    expect(validateBody('business-calendar', office)).toBeUndefined();
    expect(faultAt({ hours: [], holidays: ['2024-12-25'] })).toBeUndefined();
    const touching = { days: ['mon'], from: '17:00', to: '24:00' };
    expect(faultAt({ hours: [...office.hours, touching] })).toBeUndefined();
  });
  it.each([
    ['an unknown zone', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
    ['closing before opening', { hours: [{ days: ['mon'], from: '17:00', to: '09:00' }] }, 'hours.0.to'],
    ['an hour that no clock shows', { hours: [{ days: ['mon'], from: '09:00', to: '24:30' }] }, 'hours.0.to'],
    ['no day', { hours: [{ days: [], from: '09:00', to: '17:00' }] }, 'hours.0.days'],
    ['hours that overlap', { hours: [...office.hours, { days: ['tue'], from: '16:00', to: '18:00' }] }, 'hours.1'],
    ['a minute a week', { hours: [{ days: ['mon'], from: '09:00', to: '09:01' }] }, 'hours'],
    ['a day that does not exist', { holidays: ['2024-02-30'] }, 'holidays.0'],
    ['an unreadable holiday file', { holidayFile: 'Christmas' }, 'holidayFile'],
    [
      'a day that stands twice',
      {
        days: [
          { day: '2024-12-24', hours: [] },
          { day: '2024-12-24', hours: [] },
        ],
      },
      'days.1.day',
    ],
    [
      'a day closing before opening',
      { days: [{ day: '2024-12-24', hours: [{ from: '12:00', to: '09:00' }] }] },
      'days.0.hours.0.to',
    ],
    ['rules without a file', { holidayRules: [{ when: {}, day: 'closed' }] }, 'holidayRules'],
    ['an open event without hours', { holidayRules: [{ when: {}, day: 'open' }] }, 'holidayRules.0.hours'],
    [
      'hours of a closed event',
      { holidayRules: [{ when: {}, day: 'closed', hours: [{ from: '09:00', to: '12:00' }] }] },
      'holidayRules.0.hours',
    ],
    [
      'a rule on a field that events do not have',
      { holidayRules: [{ when: { colour: 'red' }, day: 'closed' }] },
      'holidayRules.0.when.colour',
    ],
    ['a file that is too long', { holidayFile: ' '.repeat(480_001) }, 'holidayFile'],
    ['two calendars of one code', { calendars: [emea, emea] }, 'calendars.1.code'],
    ['a calendar for nobody in particular', { calendars: [{ ...emea, for: [] }] }, 'calendars.0.for'],
    ['a fault of a calendar, by its place', { calendars: [{ ...emea, holidayFile: 'x' }] }, 'calendars.0.holidayFile'],
    [
      'a calendar by a fact that leads do not have',
      { calendars: [{ ...emea, for: [{ field: 'mood', in: [] }] }] },
      'calendars.0.for.0.field',
    ],
    ['an unknown field', { open: true }, 'open'],
  ])('refuses %s', (_, change, path) => expect(faultAt(change)).toBe(path));
});

it('the special days of a calendar: single days override holidays, which override the file', () => {
  const event = (day: string) => `BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:${day}\r\nEND:VEVENT\r\n`;
  const calendar = {
    ...office,
    holidays: ['2024-12-24', '2024-12-25'],
    days: [{ day: '2024-12-24', hours: [{ from: '09:00', to: '12:00' }] }],
    holidayFile: `BEGIN:VCALENDAR\r\n${event('20241224')}${event('20241226')}END:VCALENDAR`,
  };
  expect(validateBody('business-calendar', calendar)).toBeUndefined();
  const days = specialDays(calendar as BusinessCalendar);
  const HOUR = 3_600_000;
  const at = (day: string) => days.get(Date.parse(day) / (24 * HOUR));
  expect([at('2024-12-24'), at('2024-12-25'), at('2024-12-26'), at('2024-12-27')]).toEqual([
    { hours: [[9 * HOUR, 12 * HOUR]], closedHours: [] },
    { closedHours: [[0, 24 * HOUR]] },
    { closedHours: [[0, 24 * HOUR]] },
    undefined,
  ]);
});
it('the body of a calendar may be as long as holiday files are, and no longer', () => {
  const days = (count: number) =>
    Array.from(
      { length: count },
      (_, index) =>
        `BEGIN:VEVENT\r\nSUMMARY:${'x'.repeat(900)}\r\nDTSTART;VALUE=DATE:2024${String((index % 12) + 1).padStart(2, '0')}10\r\nEND:VEVENT\r\n`,
    ).join('');
  expect(faultAt({ holidayFile: `BEGIN:VCALENDAR\r\n${days(400)}END:VCALENDAR` })).toBeUndefined();
  expect(
    faultAt({
      holidayFile: `BEGIN:VCALENDAR\r\n${days(520)}END:VCALENDAR`,
      holidays: Array<string>(100).fill('2024-12-25'),
    }),
  ).toBe('holidayFile');
});

it('the calendar of a lead is the first one for its region and team', () => {
  const tokyo = { ...emea, code: 'tokyo', timeZone: 'Asia/Tokyo', for: [{ field: 'queue', in: ['apac'] }, { field: 'country', in: ['JP', 'Japan'] }] }; // prettier-ignore
  const calendar = { ...office, calendars: [emea, tokyo] };
  expect(validateBody('business-calendar', calendar)).toBeUndefined();
  const of = (place: object) => calendarFor(calendar as BusinessCalendar, place).code;
  expect([
    of({ region: 'emea ' }),
    of({ queue: 'apac', country: 'japan' }),
    of({ queue: 'apac' }),
    of({ queue: 'apac', country: 'japan', region: 'EMEA' }),
    of({}),
  ]).toEqual(['emea', 'tokyo', undefined, 'emea', undefined]);
});
