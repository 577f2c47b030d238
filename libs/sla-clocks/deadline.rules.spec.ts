import fc from 'fast-check';
import { IANAZone } from 'luxon';
import { DAY_MS, fromMs, toMs, type Instant } from '@baton/kernel';
import { weekdays, type BusinessCalendar } from '@baton/definitions';
import { compileCalendar } from './calendar.rules';
import { countedMs, deadline, restOfBusinessDay, type Deadline, type Pause } from './deadline.rules';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const weekDays = weekdays.slice(0, 5);
const office = (timeZone: string, more: Partial<BusinessCalendar> = {}): BusinessCalendar => ({
  timeZone,
  hours: [{ days: weekDays, from: '09:00', to: '17:00' }],
  ...more,
});
const utc = compileCalendar(office('UTC'));
const at = (text: string): Instant => `${text}:00.000Z`;
const due = (answer: Deadline) => answer.dueAt?.slice(0, 16);
const counted = ({ working }: Deadline) =>
  working.reduce((sum, { from, to, kind }) => sum + (kind === 'counted' ? toMs(to) - toMs(from) : 0), 0);
const short = ({ working }: Deadline) =>
  working.map(({ from, to, kind, by }) => [from.slice(5, 16), to.slice(5, 16), kind, ...(by ? [by] : [])].join(' '));

describe('a compiled calendar', () => {
  const file = (day: string) =>
    [
      'BEGIN:VCALENDAR',
      'BEGIN:VEVENT',
      `DTSTART;VALUE=DATE:${day}`,
      'SUMMARY:Fair',
      'END:VEVENT',
      'END:VCALENDAR',
    ].join('\r\n');
  const fair = office('UTC', { holidayFile: file('20240117') });
  const copy = (body: BusinessCalendar): BusinessCalendar => structuredClone(body);

  it('is the same for every body of the same content, as each read of the log brings a new one', () =>
    expect(compileCalendar(copy(fair))).toBe(compileCalendar(copy(fair))));

  it.each<[string, Partial<BusinessCalendar>]>([
    ['zone', { timeZone: 'Asia/Tokyo' }],
    ['hours', { hours: [{ days: weekDays, from: '08:00', to: '17:00' }] }],
    ['holidays', { holidays: ['2024-01-18'] }],
    ['single days', { days: [{ day: '2024-01-18', hours: [] }] }],
    ['holiday file', { holidayFile: file('20240118') }],
    ['holiday rules', { holidayRules: [{ when: { summary: 'fair' }, day: 'as-usual' }] }],
  ])('is another one for another %s', (_, more) =>
    expect(compileCalendar({ ...copy(fair), ...more })).not.toBe(compileCalendar(copy(fair))),
  );

  it('is dropped after many others, and compiled again to the same hours', () => {
    const before = compileCalendar(copy(fair));
    for (let n = 0; n < 60; n++)
      compileCalendar(office('UTC', { hours: [{ days: weekDays, from: '09:00', to: `17:${n < 10 ? 0 : ''}${n}` }] }));
    const after = compileCalendar(copy(fair));
    expect(after).not.toBe(before);
    expect(after.intervalsOf(19_739)).toEqual(before.intervalsOf(19_739)); // 2024-01-17
    expect(after.intervalsOf(19_739).map(({ kind }) => kind)).toEqual(['holiday']);
  });
});

describe('counted time', () => {
  it('leaves nights, weekends and pauses out, and continues after the budget', () => {
    const pauses: Pause[] = [{ from: at('2024-01-22T09:30'), to: at('2024-01-22T10:00'), by: 'p' }];
    expect(countedMs(at('2024-01-19T16:00'), at('2024-01-22T11:00'), utc, pauses)).toBe(2.5 * HOUR);
    expect(countedMs(at('2024-01-19T16:00'), at('2024-01-22T11:00'))).toBe(67 * HOUR);
  });
  it('is none if all of it was closed, or if the end precedes the start', () => {
    expect(countedMs(at('2024-01-20T10:00'), at('2024-01-21T10:00'), utc)).toBe(0);
    expect(countedMs(at('2024-01-19T16:00'), at('2024-01-19T15:00'), utc)).toBe(0);
  });
});

describe('a deadline on business hours', () => {
  it.each([
    ['Wed within hours', '2024-01-17T10:00', 2, '2024-01-17T12:00'],
    ['Fri over the weekend', '2024-01-19T16:00', 2, '2024-01-22T10:00'],
    ['Wed before hours', '2024-01-17T07:00', 2, '2024-01-17T11:00'],
    ['Wed after hours', '2024-01-17T18:00', 2, '2024-01-18T11:00'],
    ['Saturday', '2024-01-20T10:00', 2, '2024-01-22T11:00'],
    ['over more than a day', '2024-01-15T16:00', 10, '2024-01-17T10:00'],
    ['up to the closing, not the next opening', '2024-01-19T16:00', 1, '2024-01-19T17:00'],
  ])('%s', (_, start, hours, expected) => {
    const answer = deadline(at(start), hours * HOUR, utc);
    expect(due(answer)).toBe(expected);
    expect(counted(answer)).toBe(hours * HOUR);
  });

  it('shows its intervals', () =>
    expect(short(deadline(at('2024-01-19T16:00'), 2 * HOUR, utc))).toEqual([
      '01-19T16:00 01-19T17:00 counted',
      '01-19T17:00 01-22T09:00 closed',
      '01-22T09:00 01-22T10:00 counted',
    ]));

  it('leaves out holidays, listed or in a file', () => {
    const file = [
      'BEGIN:VCALENDAR',
      'BEGIN:VEVENT',
      'DTSTART;VALUE=DATE:20241225',
      'DTEND;VALUE=DATE:20241227',
      'END:VEVENT',
      'END:VCALENDAR',
    ].join('\r\n');
    const calendar = compileCalendar(office('UTC', { holidays: ['2024-12-31'], holidayFile: file }));
    expect(short(deadline(at('2024-12-24T16:00'), 9 * HOUR, calendar))).toEqual([
      '12-24T16:00 12-24T17:00 counted',
      '12-24T17:00 12-25T00:00 closed',
      '12-25T00:00 12-27T00:00 holiday',
      '12-27T00:00 12-27T09:00 closed',
      '12-27T09:00 12-27T17:00 counted',
    ]);
    expect(due(deadline(at('2024-12-30T16:00'), 2 * HOUR, calendar))).toBe('2025-01-01T10:00');
  });

  it('shows the closed half of a half day, and counts a single opening', () => {
    const calendar = compileCalendar(
      office('UTC', {
        days: [
          { day: '2024-12-24', hours: [{ from: '09:00', to: '12:00' }] },
          { day: '2024-12-28', hours: [{ from: '10:00', to: '14:00' }] },
        ],
        holidays: ['2024-12-25', '2024-12-26', '2024-12-27'],
      }),
    );
    expect(short(deadline(at('2024-12-24T11:00'), 2 * HOUR, calendar))).toEqual([
      '12-24T11:00 12-24T12:00 counted',
      '12-24T12:00 12-24T17:00 half-day',
      '12-24T17:00 12-25T00:00 closed',
      '12-25T00:00 12-28T00:00 holiday',
      '12-28T00:00 12-28T10:00 closed',
      '12-28T10:00 12-28T11:00 counted',
    ]);
  });

  it('leaves out the hours that an event of the file closes', () => {
    const file = [
      ...['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'DTSTART:20240117T110000', 'DTEND:20240117T130000'],
      ...['END:VEVENT', 'END:VCALENDAR'],
    ].join('\r\n');
    const calendar = compileCalendar(office('UTC', { holidayFile: file }));
    expect(short(deadline(at('2024-01-17T10:00'), 2 * HOUR, calendar))).toEqual([
      '01-17T10:00 01-17T11:00 counted',
      '01-17T11:00 01-17T13:00 half-day',
      '01-17T13:00 01-17T14:00 counted',
    ]);
  });

  it('counts several intervals a day', () => {
    const hours = [
      { days: weekDays, from: '13:00', to: '17:00' },
      { days: weekDays, from: '09:00', to: '12:00' },
    ];
    const answer = deadline(at('2024-01-17T11:00'), 2 * HOUR, compileCalendar({ timeZone: 'UTC', hours }));
    expect(due(answer)).toBe('2024-01-17T14:00');
  });

  it('runs on the wall clock, and states this, if every day is closed', () => {
    const answer = deadline(at('2024-01-20T10:00'), 2 * HOUR, compileCalendar({ timeZone: 'UTC', hours: [] }));
    expect([due(answer), answer.clock]).toEqual(['2024-01-20T12:00', 'always-closed']);
    expect(deadline(at('2024-01-20T10:00'), 2 * HOUR).clock).toBe('wall-clock');
  });
});

// Offices open through the night, so that the hour which daylight saving skips or repeats is open.
describe('daylight saving in New York', () => {
  const nights = compileCalendar({
    timeZone: 'America/New_York',
    hours: [{ days: ['sun'], from: '00:00', to: '06:00' }],
  });
  const days = compileCalendar(office('America/New_York'));

  it('2024-03-10: 02:00 to 03:00 does not exist, the night has five hours', () => {
    // 00:00 EST is 05:00Z; 06:00 EDT is 10:00Z.
    expect(short(deadline(at('2024-03-10T05:00'), 5 * HOUR, nights))).toEqual(['03-10T05:00 03-10T10:00 counted']);
    expect(due(deadline(at('2024-03-10T06:30'), HOUR, nights))).toBe('2024-03-10T07:30'); // 01:30 EST → 03:30 EDT
    expect(due(deadline(at('2024-03-10T05:00'), 5 * HOUR + MINUTE, nights))).toBe('2024-03-17T04:01');
  });
  it('2024-11-03: 01:00 to 02:00 occurs twice, the night has seven hours', () => {
    // 00:00 EDT is 04:00Z; 06:00 EST is 11:00Z.
    expect(short(deadline(at('2024-11-03T04:00'), 7 * HOUR, nights))).toEqual(['11-03T04:00 11-03T11:00 counted']);
    expect(due(deadline(at('2024-11-03T05:30'), HOUR, nights))).toBe('2024-11-03T06:30'); // 01:30 EDT → 01:30 EST
    expect(due(deadline(at('2024-11-03T04:00'), 7 * HOUR + MINUTE, nights))).toBe('2024-11-10T05:01');
  });
  it('office hours move with the wall clock', () => {
    expect(due(deadline(at('2024-03-08T21:00'), 2 * HOUR, days))).toBe('2024-03-11T14:00'); // Fri 16:00 EST → Mon 10:00 EDT
    expect(due(deadline(at('2024-11-01T20:00'), 2 * HOUR, days))).toBe('2024-11-04T15:00'); // Fri 16:00 EDT → Mon 10:00 EST
  });
  it('an interval within the repeated hour is open twice', () => {
    const hours = [{ days: [...weekdays], from: '01:30', to: '05:00' }];
    const calendar = compileCalendar({ timeZone: 'America/New_York', hours });
    expect(short(deadline(at('2024-11-03T05:30'), 2 * HOUR, calendar))).toEqual([
      '11-03T05:30 11-03T06:00 counted',
      '11-03T06:00 11-03T06:30 closed',
      '11-03T06:30 11-03T08:00 counted',
    ]);
  });
});

describe('pauses', () => {
  const zero = at('2024-01-01T00:00');
  const minute = (of: number) => fromMs(toMs(zero) + of * MINUTE);
  const pause: Pause = { from: minute(90), to: minute(120), by: 'e7' };

  it('change nothing after the due instant', () =>
    expect(deadline(minute(0), 30 * MINUTE, 'wall-clock', [pause]).dueAt).toBe(minute(30)));
  it('move the due instant, and name their event', () => {
    const answer = deadline(minute(75), 30 * MINUTE, 'wall-clock', [pause]);
    expect(answer.dueAt).toBe(minute(135));
    expect(short(answer)).toEqual([
      '01-01T01:15 01-01T01:30 counted',
      '01-01T01:30 01-01T02:00 paused e7',
      '01-01T02:00 01-01T02:15 counted',
    ]);
  });
  it('without an end leave no due instant', () => {
    const answer = deadline(minute(75), 30 * MINUTE, 'wall-clock', [{ from: minute(90), by: 'e7' }]);
    expect([answer.dueAt, counted(answer)]).toEqual([null, 15 * MINUTE]);
  });
  it('that begin at the due instant are too late', () =>
    expect(deadline(minute(60), 30 * MINUTE, 'wall-clock', [pause]).dueAt).toBe(minute(90)));
  it('overlap without counting twice', () =>
    expect(
      deadline(minute(75), 30 * MINUTE, 'wall-clock', [{ from: minute(100), to: minute(130), by: 'e8' }, pause]).dueAt,
    ).toBe(minute(145)));
});

describe('the same business day', () => {
  it.each([
    ['before opening', '2024-01-17T07:00', '2024-01-17T17:00'],
    ['is the local day', '2024-01-17T10:00', '2024-01-17T17:00'],
    ['at the closing', '2024-01-17T17:00', '2024-01-18T17:00'],
    ['after hours on Friday', '2024-01-19T18:00', '2024-01-22T17:00'],
    ['on Sunday', '2024-01-21T12:00', '2024-01-22T17:00'],
  ])('%s', (_, start, expected) => {
    const budget = restOfBusinessDay(at(start), utc);
    expect(due(deadline(at(start), budget, utc))).toBe(expected);
  });
  it('is the local day', () => {
    const tokyo = compileCalendar(office('Asia/Tokyo'));
    const start = at('2024-01-16T22:00'); // Wed 07:00 in Tokyo
    expect(due(deadline(start, restOfBusinessDay(start, tokyo), tokyo))).toBe('2024-01-17T08:00');
  });
});

describe('for any calendar', () => {
  const SECOND = 1000;
  const zones = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Havana'];
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const hours = fc
    .record({
      days: fc.subarray([...weekdays], { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1300 }),
      length: fc.integer({ min: 60, max: 720 }),
    })
    .map(({ days, from, length }) => ({ days, from, to: Math.min(1440, from + length) }));
  // Around both changes of daylight saving in both hemispheres.
  const starts = ['2024-03-09', '2024-03-30', '2024-04-06', '2024-10-05', '2024-10-26', '2024-11-02', '2024-07-01'];
  const scene = fc.record({
    timeZone: fc.constantFrom(...zones),
    open: fc.array(hours, { minLength: 1, maxLength: 3 }),
    closedOn: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }),
    start: fc
      .tuple(fc.constantFrom(...starts), fc.integer({ min: 0, max: 3 * 86_400 }))
      .map(([day, seconds]) => toMs(`${day}T00:00:00.000Z`) + seconds * SECOND),
    budget: fc.integer({ min: 1, max: 3 * 3600 }),
    pauses: fc.array(fc.tuple(fc.integer({ min: -9000, max: 99_999 }), fc.integer({ min: 1, max: 99_999 })), {
      maxLength: 3,
    }),
  });

  it('counting second by second gives the same deadline, and the intervals sum to the budget', () =>
    fc.assert(
      fc.property(scene, ({ timeZone, open, closedOn, start, budget, pauses }) => {
        const zone = IANAZone.create(timeZone);
        const dayAt = (ms: number) => Math.floor((ms + zone.offset(ms) * MINUTE) / DAY_MS);
        const holidays = closedOn.map((days) => dayAt(start) + days);
        const halts = pauses.map(([after, length], index): Pause & { to: Instant } => ({
          from: fromMs(start + after * SECOND),
          to: fromMs(start + (after + length) * SECOND),
          by: `p${index}`,
        }));
        const calendar = compileCalendar({
          timeZone,
          hours: open.map(({ days, from, to }) => ({ days, from: clock(from), to: clock(to) })),
          holidays: holidays.map((each) => fromMs(each * DAY_MS).slice(0, 10)),
        });
        const answer = deadline(fromMs(start), budget * SECOND, calendar, halts);
        expect(countedMs(fromMs(start), answer.dueAt!, calendar, halts)).toBe(budget * SECOND);

        const stops = halts.map(({ from, to }) => [toMs(from), toMs(to)] as const);
        let left = budget;
        let now = start;
        let midnight = 0;
        let today: typeof open = [];
        let asked = -1;
        for (; left > 0; now += SECOND) {
          const quarter = Math.floor(now / (15 * MINUTE)); // days and offsets change on a quarter of an hour
          if (quarter !== asked) {
            const day = dayAt(now);
            asked = quarter;
            midnight = day * DAY_MS - zone.offset(now) * MINUTE;
            today = holidays.includes(day) ? [] : open.filter(({ days }) => days.includes(weekdays[(day + 3) % 7]!));
          }
          if (today.length === 0) continue;
          const minute = Math.floor((now - midnight) / MINUTE);
          if (
            today.some(({ from, to }) => from <= minute && minute < to) &&
            !stops.some(([from, to]) => from <= now && now < to)
          )
            left--;
        }
        expect(answer.dueAt).toBe(fromMs(now));
        expect(counted(answer)).toBe(budget * SECOND);
        expect(answer.working[0]!.from).toBe(fromMs(start));
        expect(answer.working.at(-1)!.to).toBe(answer.dueAt);
        for (const [index, { from }] of answer.working.entries())
          if (index > 0) expect(from).toBe(answer.working[index - 1]!.to);
      }),
      { numRuns: 25, endOnFailure: true },
    ));
});
