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
          'DTSTART:20241226',
          'END:VEVENT',
        ),
      ),
    ).toEqual(['2024-02-29', '2024-12-25', '2024-12-26']));
  it('leaves out what was cancelled', () =>
    expect(holidaysOf(event('STATUS:CANCELLED', 'DTSTART;VALUE=DATE:20241225'))).toEqual([]));
  it.each([
    ['no calendar', 'Christmas', '1'],
    ['a clock time', event('DTSTART:20241225T090000Z'), '4'],
    ['a day that does not exist', event('DTSTART;VALUE=DATE:20240230'), '4'],
    ['a repetition', event('DTSTART;VALUE=DATE:20241225', 'RRULE:FREQ=YEARLY'), '5'],
    ['no start', event('SUMMARY:Christmas'), '3'],
    ['an end before the start', event('DTSTART;VALUE=DATE:20241225', 'DTEND;VALUE=DATE:20241225'), '3'],
    ['more than a year', event('DTSTART;VALUE=DATE:20241225', 'DTEND;VALUE=DATE:20991225'), '3'],
    ['a broken line', event('Christmas'), '4'],
    ['a stray end', file('END:VEVENT'), '3'],
    ['no end', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20241225', '3'],
  ])('refuses %s with the line', (_, text, line) => expect((holidaysOf(text) as { path?: string }).path).toBe(line));
});
