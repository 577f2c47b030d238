import { bodyFault } from './kinds.rules';
import { holidaysOf } from './calendar.rules';

const office = { timeZone: 'Europe/Berlin', hours: [{ days: ['mon', 'tue'], from: '09:00', to: '17:00' }] };
const faultAt = (change: object) => bodyFault('business-calendar', { ...office, ...change })?.path;

describe('a business calendar', () => {
  it('is taken as both teams wrote it', () => {
    expect(bodyFault('business-calendar', office)).toBeUndefined();
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
    ['an unknown field', { open: true }, 'open'],
  ])('refuses %s', (_, change, path) => expect(faultAt(change)).toBe(path));
});

describe('an iCalendar file of holidays', () => {
  const file = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
  const event = (...lines: string[]) => file('BEGIN:VEVENT', ...lines, 'END:VEVENT');

  it('gives every day of every all-day event once', () =>
    expect(
      holidaysOf(
        file(
          'BEGIN:VEVENT',
          'UID:1',
          'SUMMARY:Christmas\\, and a very long',
          '  name: folded',
          'DTSTART;VALUE=DATE:20241225',
          'DTEND;VALUE=DATE:20241227',
          'BEGIN:VALARM',
          'TRIGGER:-PT15M',
          'END:VALARM',
          'END:VEVENT',
          'BEGIN:VEVENT',
          'DTSTART;X-NOTE="a:b;c";VALUE=DATE:20240229',
          'END:VEVENT',
          'BEGIN:VEVENT',
          'DTSTART;VALUE=DATE:20241226',
          'DURATION:P1D',
          'END:VEVENT',
        ),
      ),
    ).toEqual(['2024-02-29', '2024-12-25', '2024-12-26']));
  it('leaves out what was cancelled', () =>
    expect(holidaysOf(event('STATUS:CANCELLED', 'DTSTART;VALUE=DATE:20241225'))).toEqual([]));
  it('writes out what comes back every year, by the calendar and not by 365 days', () => {
    const days = (...lines: string[]) => (holidaysOf(event(...lines)) as string[]).slice(0, 3);
    const from = (day: string, rule: string) => days(`DTSTART;VALUE=DATE:${day}`, `RRULE:FREQ=YEARLY${rule}`);
    expect(from('20241225', '')).toEqual(['2024-12-25', '2025-12-25', '2026-12-25']);
    expect(from('20241128', ';BYMONTH=11;BYDAY=4TH')).toEqual(['2024-11-28', '2025-11-27', '2026-11-26']);
    expect(from('20240527', ';BYMONTH=5;BYDAY=-1MO')).toEqual(['2024-05-27', '2025-05-26', '2026-05-25']);
    expect(from('20240229', '')).toEqual(['2024-02-29', '2028-02-29', '2032-02-29']);
    expect(from('20241225', ';COUNT=2')).toEqual(['2024-12-25', '2025-12-25']);
    expect(from('20241225', ';INTERVAL=2;UNTIL=20261231')).toEqual(['2024-12-25', '2026-12-25']);
    expect(days('DTSTART;VALUE=DATE:20241225', 'DTEND;VALUE=DATE:20241227', 'RRULE:FREQ=YEARLY')).toEqual([
      ...['2024-12-25', '2024-12-26', '2025-12-25'],
    ]);
    expect(holidaysOf(event('DTSTART;VALUE=DATE:20241225', 'RRULE:FREQ=YEARLY'))).toHaveLength(2100 - 2024 + 1);
  });
  const christmas = (...lines: string[]) => event('SUMMARY:Christmas', 'DTSTART;VALUE=DATE:20241225', ...lines);
  it.each([
    ['no calendar', 'Christmas', 'no iCalendar file'],
    ['nothing', '', 'Give one calendar'],
    ['two calendars', file() + file(), 'Give one calendar'],
    ['a card', 'BEGIN:VCARD\nVERSION:4.0\nFN:x\nEND:VCARD', 'Give one calendar'],
    ['a clock time', event('SUMMARY:Party', 'DTSTART:20241225T090000Z'), 'Event 1 (Party): dtstart'],
    ['a day without its type', event('DTSTART:20241225'), 'Event 1: dtstart'],
    ['a day that does not exist', event('DTSTART;VALUE=DATE:20240230'), 'Event 1: dtstart'],
    ['two days', christmas('DTSTART;VALUE=DATE:20241226'), 'dtstart twice'],
    ['a repetition by month', christmas('RRULE:FREQ=MONTHLY'), 'only FREQ=YEARLY'],
    ['a repetition by second', christmas('RRULE:FREQ=SECONDLY'), 'only FREQ=YEARLY'],
    ['a repetition by week', christmas('RRULE:FREQ=YEARLY;BYWEEKNO=52'), 'only FREQ=YEARLY'],
    ['a weekday of the year', christmas('RRULE:FREQ=YEARLY;BYDAY=53MO'), 'BYDAY needs BYMONTH'],
    ['a repetition that never comes', christmas('RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31'), 'names no day'],
    ['no count', christmas('RRULE:FREQ=YEARLY;COUNT=0'), 'only FREQ=YEARLY'],
    ['no such rule', christmas('RRULE:FREQ=NEVER'), 'no iCalendar file'],
    ['days added', christmas('RDATE;VALUE=DATE:20251226'), 'RDATE is not read'],
    ['days left out', christmas('RRULE:FREQ=YEARLY', 'EXDATE;VALUE=DATE:20251225'), 'EXDATE is not read'],
    ['no start', event('SUMMARY:Christmas'), 'Event 1 (Christmas): it has no DTSTART'],
    ['an end before the start', christmas('DTEND;VALUE=DATE:20241225'), 'ends before it begins'],
    ['half a day', christmas('DURATION:PT12H'), 'whole days'],
    ['more than a year', christmas('DTEND;VALUE=DATE:20991225'), 'at most a year'],
    ['a broken line', event('Christmas'), 'no iCalendar file'],
    ['a stray end', file('END:VEVENT'), 'lines END:VEVENT'],
    [
      'a stray end before an event',
      christmas().replace('BEGIN:VEVENT', 'END:VEVENT\r\nBEGIN:VEVENT'),
      'Give one calendar',
    ],
    ['no end', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20241225', 'no iCalendar file'],
  ])('refuses %s and says where', (_, text, message) =>
    expect((holidaysOf(text) as { message?: string }).message).toContain(message),
  );
});
