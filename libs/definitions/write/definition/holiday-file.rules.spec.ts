import { specialDaysOf, type EventRule } from './holiday-file.rules';

const HOUR = 3_600_000;
const file = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
const one = (...lines: string[]) => file(...event(...lines));
const written = (day: number) => new Date(day * 24 * HOUR).toISOString().slice(0, 10);
const clock = (ms: number) => ms / HOUR;
/** `2024-12-25` for a closed day, `2024-12-24 shut 12-24`, `2024-12-28 open 9-12`. */
const daysOf = (text: string, { zone = 'Europe/Berlin', rules = [] as EventRule[] } = {}): string[] => {
  const days = specialDaysOf(text, zone, rules);
  if ('message' in days) throw new Error(days.message);
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([day, { hours, closedHours: shut }]) =>
      [
        written(day),
        ...(hours?.map(([from, to]) => `open ${clock(from)}-${clock(to)}`) ?? []),
        ...shut.flatMap(([from, to]) => (from === 0 && to === 24 * HOUR ? [] : [`shut ${clock(from)}-${clock(to)}`])),
      ].join(' '),
    );
};
const messageOf = (text: string): string => {
  const read = specialDaysOf(text, 'Europe/Berlin');
  return 'message' in read ? read.message : `it was read: ${read.size} days`;
};
const christmas = (...lines: string[]) => one('SUMMARY:Christmas', 'DTSTART;VALUE=DATE:20241225', ...lines);

describe('an iCalendar file of holidays', () => {
  it('has every day of every all-day event', () =>
    expect(
      daysOf(
        file(
          ...event(
            ...['SUMMARY:Christmas\\, and a very long', '  name: folded', 'DTSTART;VALUE=DATE:20241225'],
            ...['DTEND;VALUE=DATE:20241227', 'BEGIN:VALARM', 'TRIGGER:-PT15M', 'END:VALARM'],
          ),
          ...event('DTSTART;X-NOTE="a:b;c";VALUE=DATE:20240229'),
          ...event('DTSTART;VALUE=DATE:20241226', 'DURATION:P1D'),
        ),
      ),
    ).toEqual(['2024-02-29', '2024-12-25', '2024-12-26']));
  it('leaves out cancelled events', () => expect(daysOf(christmas('STATUS:CANCELLED'))).toEqual([]));

  it.each([
    ['floating midnights', ['DTSTART:20241225T000000', 'DTEND:20241226T000000']],
    [
      'midnights of our zone',
      ['DTSTART;TZID=Europe/Berlin:20241225T000000', 'DTEND;TZID=Europe/Berlin:20241226T000000'],
    ],
    ['midnights of another zone', ['DTSTART;TZID=Asia/Tokyo:20241225T000000', 'DTEND;TZID=Asia/Tokyo:20241226T000000']],
    ['midnights of ours in UTC', ['DTSTART:20241224T230000Z', 'DTEND:20241225T230000Z']],
    ['midnights of UTC', ['DTSTART:20241225T000000Z', 'DTEND:20241226T000000Z']],
    ['an end at 23:59', ['DTSTART:20241225T000000', 'DTEND:20241225T235900']],
    ['an end at 23:59:59', ['DTSTART:20241225T000000', 'DTEND:20241225T235959']],
    ['a duration', ['DTSTART:20241225T000000', 'DURATION:P1D']],
    ['a midnight alone', ['DTSTART:20241225T000000', 'X-MICROSOFT-CDO-ALLDAYEVENT:TRUE']],
  ])('accepts a whole day written as %s', (_, lines) => expect(daysOf(one(...lines))).toEqual(['2024-12-25']));

  const windows = [
    ...['BEGIN:VTIMEZONE', 'TZID:Eastern Standard Time', 'BEGIN:STANDARD', 'DTSTART:16010101T020000'],
    ...['TZOFFSETFROM:-0500', 'TZOFFSETTO:-0500', 'END:STANDARD', 'END:VTIMEZONE'],
  ];
  it('closes the hours of an event with times, in local time of the calendar', () => {
    expect(daysOf(one('DTSTART:20241224T120000', 'DTEND:20241224T170000'))).toEqual(['2024-12-24 shut 12-17']);
    expect(daysOf(one('DTSTART:20241224T120000', 'DTEND:20241226T000000'))).toEqual([
      ...['2024-12-24 shut 12-24', '2024-12-25'],
    ]);
    expect(daysOf(one('DTSTART;TZID=America/New_York:20241224T060000', 'DURATION:PT3H'))).toEqual([
      '2024-12-24 shut 12-15',
    ]);
    const described = event('DTSTART;TZID=Eastern Standard Time:20241224T060000', 'DURATION:PT3H');
    expect(daysOf(file(...windows, ...described))).toEqual(['2024-12-24 shut 12-15']);
  });

  it('expands recurring events, without EXDATE and with RDATE', () => {
    const from = (rule: string, ...more: string[]) => daysOf(christmas(`RRULE:${rule}`, ...more)).slice(0, 3);
    expect(from('FREQ=YEARLY')).toEqual(['2024-12-25', '2025-12-25', '2026-12-25']);
    expect(from('FREQ=YEARLY;UNTIL=20251225')).toEqual(['2024-12-25', '2025-12-25']);
    expect(from('FREQ=YEARLY;UNTIL=20251225T235959Z')).toEqual(['2024-12-25', '2025-12-25']);
    expect(from('FREQ=YEARLY;COUNT=3', 'EXDATE;VALUE=DATE:20251225')).toEqual(['2024-12-25', '2026-12-25']);
    expect(from('FREQ=YEARLY;COUNT=2', 'RDATE;VALUE=DATE:20241231,20251231')).toEqual([
      ...['2024-12-25', '2024-12-31', '2025-12-25'],
    ]);
    expect(daysOf(christmas('RDATE;VALUE=DATE:20251226'))).toEqual(['2024-12-25', '2025-12-26']);
    expect(daysOf(christmas('RRULE:FREQ=YEARLY'))).toHaveLength(2100 - 2024 + 1);
    const timed = one(
      ...['DTSTART;TZID=Europe/Berlin:20241225T000000', 'DTEND;TZID=Europe/Berlin:20241226T000000'],
      ...['RRULE:FREQ=YEARLY;COUNT=3', 'EXDATE:20251224T230000Z'],
    );
    expect(daysOf(timed)).toEqual(['2024-12-25', '2026-12-25']);
  });

  it('moves and cancels single days of a series', () => {
    const series = event('UID:queen', 'DTSTART;VALUE=DATE:20230612', 'RRULE:FREQ=YEARLY;BYMONTH=6;BYDAY=2MO;COUNT=4');
    const moved = event('UID:queen', 'RECURRENCE-ID;VALUE=DATE:20240610', 'DTSTART;VALUE=DATE:20240617');
    const cancelled = event('UID:queen', 'RECURRENCE-ID;VALUE=DATE:20250609', 'DTSTART;VALUE=DATE:20250609', 'STATUS:CANCELLED'); // prettier-ignore
    const expected = ['2023-06-12', '2024-06-17', '2026-06-08'];
    expect(daysOf(file(...series, ...moved, ...cancelled))).toEqual(expected);
    expect(daysOf(file(...cancelled, ...moved, ...series))).toEqual(expected);
    expect(daysOf(file(...moved))).toEqual(['2024-06-17']); // the file has no series for it
  });
  it('reads several calendars in one file, each with its own series', () => {
    const series = event('UID:1', 'DTSTART;VALUE=DATE:20241225', 'RRULE:FREQ=YEARLY;COUNT=2');
    const other = event('UID:1', 'DTSTART;VALUE=DATE:20240501');
    const moved = event('UID:1', 'RECURRENCE-ID;VALUE=DATE:20251225', 'DTSTART;VALUE=DATE:20251226');
    expect(daysOf(file(...series) + file(...other, ...moved))).toEqual([
      ...['2024-05-01', '2024-12-25', '2025-12-25', '2025-12-26'],
    ]);
  });

  it('lets rules decide what events mean', () => {
    const text = file(
      ...event('SUMMARY:Christmas', 'DESCRIPTION:Public holiday', 'DTSTART;VALUE=DATE:20241225'),
      ...event('SUMMARY:Christmas Eve (half day)', 'DESCRIPTION:Observance', 'DTSTART;VALUE=DATE:20241224'),
      ...event('SUMMARY:Advent', 'DESCRIPTION:Observance', 'TRANSP:TRANSPARENT', 'DTSTART;VALUE=DATE:20241201'),
      ...event('SUMMARY:Working Saturday', 'CATEGORIES:Work,Other', 'DTSTART;VALUE=DATE:20241228'),
      ...event('SUMMARY:Perhaps', 'STATUS:TENTATIVE', 'DTSTART;VALUE=DATE:20241230'),
    );
    const morning = [[9 * HOUR, 12 * HOUR]] as const;
    const rules: EventRule[] = [
      { when: { summary: '*half day*' }, meaning: morning },
      { when: { categories: 'work' }, meaning: morning },
      { when: { transp: 'transparent' }, meaning: 'as-usual' },
      { when: { status: 'tentative' }, meaning: 'as-usual' },
    ];
    expect(daysOf(text, { rules })).toEqual(['2024-12-24 open 9-12', '2024-12-25', '2024-12-28 open 9-12']);
    const only: EventRule[] = [
      { when: { description: 'public holiday' }, meaning: 'closed' },
      { when: {}, meaning: 'as-usual' },
    ];
    expect(daysOf(text, { rules: only })).toEqual(['2024-12-25']);
  });

  it.each([
    ['no calendar', 'Christmas', 'is not an iCalendar file'],
    ['nothing', '', 'must hold one or more calendars'],
    ['a card', 'BEGIN:VCARD\nVERSION:4.0\nFN:x\nEND:VCARD', 'must hold one or more calendars'],
    ['a day without its type', one('DTSTART:20241225'), 'Event 1 (line 3)'],
    ['a day that does not exist', one('DTSTART;VALUE=DATE:20240230'), 'Event 1 (line 3)'],
    ['a year before all calendars', one('DTSTART;VALUE=DATE:18991225'), 'not a date from 1900 to 2200'],
    ['two days', christmas('DTSTART;VALUE=DATE:20241226'), 'DTSTART twice'],
    ['a repetition by second', christmas('RRULE:FREQ=SECONDLY'), 'FREQ=SECONDLY is not supported'],
    ['a repetition by week', christmas('RRULE:FREQ=YEARLY;BYWEEKNO=52'), 'BYWEEKNO in RRULE is not supported'],
    ['a repetition that never comes', christmas('RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31'), 'matches no day'],
    ['no count', christmas('RRULE:FREQ=YEARLY;COUNT=0'), 'INTERVAL and COUNT'],
    ['no such rule', christmas('RRULE:FREQ=NEVER'), 'is not an iCalendar file'],
    ['days left out by a rule', christmas('EXRULE:FREQ=YEARLY'), 'EXRULE is not supported'],
    [
      'a series moved from a day on',
      christmas('UID:1', 'RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20241225'),
      'RANGE',
    ],
    ['a single day of no series', christmas('RECURRENCE-ID;VALUE=DATE:20241225'), 'needs the UID'],
    ['a zone of nowhere', one('DTSTART;TZID=Mars:20241225T000000'), 'time zone Mars is neither an IANA zone'],
    ['no start', one('SUMMARY:Christmas'), 'Event 1 (line 3, Christmas): it has no DTSTART'],
    ['an end before the start', christmas('DTEND;VALUE=DATE:20241225'), 'ends before it begins'],
    ['no length', one('DTSTART:20241225T090000'), 'has no length'],
    ['half a day of a date', christmas('DURATION:PT12H'), 'whole days'],
    ['more than a year', christmas('DTEND;VALUE=DATE:20991225'), 'longer than a year'],
    ['a broken line', one('Christmas'), 'is not an iCalendar file'],
    ['a stray end', file('END:VEVENT'), 'number of END:VEVENT lines'],
    ['no end', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20241225', 'is not an iCalendar file'],
    [
      'a second event, by its place',
      file(...event('DTSTART;VALUE=DATE:20241225'), ...event('SUMMARY:x')),
      'Event 2 (line 6, x)',
    ],
    // Files that would take endless time or memory.
    [
      'a year each day',
      one('DTSTART;VALUE=DATE:20240101', 'DURATION:P366D', 'RRULE:FREQ=DAILY'),
      'more than 40000 days',
    ],
    [
      'a thousand endless series',
      file(
        ...Array.from({ length: 1000 }, () =>
          event('DTSTART;VALUE=DATE:20240101', 'RRULE:FREQ=YEARLY;BYDAY=53MO'),
        ).flat(),
      ),
      'too long to expand',
    ],
  ])('refuses %s and names the place', (_, text, message) => expect(messageOf(text)).toContain(message));
});
