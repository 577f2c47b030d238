import fc from 'fast-check';
import ICAL from 'ical.js';
import { DAY_MS } from '@baton/kernel';
import { occurrencesOf, unsupportedPartOf, WorkLimit, type Recurrence } from './recurrence.rules';

const dayOf = (text: string) => Date.parse(text) / DAY_MS;
const written = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const ruleOf = (text: string): Recurrence => {
  const { freq, interval, count, until, parts } = ICAL.Recur.fromString(text);
  return {
    ...{ freq, interval, count, parts, weekStart: 0 },
    ...(until && { until: dayOf(until.toString().slice(0, 10)) }),
  };
};
const days = (start: string, rule: string, most = 6, last = '2100-12-31') =>
  occurrencesOf(ruleOf(rule), dayOf(start), dayOf(last), new WorkLimit(1e6))!.slice(0, most).map(written);

describe('the days of a recurrence rule', () => {
  it.each([
    ['2024-02-29', 'FREQ=YEARLY', ['2024-02-29', '2028-02-29', '2032-02-29']],
    ['2024-12-25', 'FREQ=YEARLY;INTERVAL=2;UNTIL=20261231', ['2024-12-25', '2026-12-25']],
    ['2024-11-28', 'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH', ['2024-11-28', '2025-11-27', '2026-11-26']],
    ['2024-05-27', 'FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO', ['2024-05-27', '2025-05-26', '2026-05-25']],
    ['2024-01-31', 'FREQ=MONTHLY', ['2024-01-31', '2024-03-31', '2024-05-31']],
    ['2024-01-31', 'FREQ=MONTHLY;BYMONTHDAY=-1', ['2024-01-31', '2024-02-29', '2024-03-31']],
    ['2024-01-31', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', ['2024-01-31', '2024-02-29', '2024-03-29']],
    ['2024-01-05', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SA;COUNT=3', ['2024-01-05', '2024-01-06', '2024-01-19']],
    ['2024-12-31', 'FREQ=YEARLY;BYYEARDAY=-1', ['2024-12-31', '2025-12-31', '2026-12-31']],
    ['2024-01-01', 'FREQ=YEARLY;BYDAY=1MO', ['2024-01-01', '2025-01-06', '2026-01-05']],
    // A first day that the rule does not select is not included.
    ['2024-11-01', 'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH', ['2024-11-28', '2025-11-27', '2026-11-26']],
    ['2024-02-01', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31', []],
    ['2024-02-01', 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', []],
    ['2024-02-01', 'FREQ=YEARLY;INTERVAL=999999999', ['2024-02-01']],
  ])('from %s by %s are %j', (start, rule, expected) => expect(days(start, rule, 3)).toEqual(expected));

  const part = fc.oneof(
    fc.constantFrom('FREQ=DAILY', 'FREQ=WEEKLY', 'FREQ=MONTHLY', 'FREQ=YEARLY'),
    fc.constantFrom(
      'FREQ=WEEKLY;BYDAY=MO,WE',
      'FREQ=WEEKLY;BYDAY=SU',
      'FREQ=MONTHLY;BYDAY=2TU',
      'FREQ=MONTHLY;BYDAY=-1FR',
    ),
    fc.constantFrom('FREQ=MONTHLY;BYMONTHDAY=13', 'FREQ=MONTHLY;BYMONTHDAY=-2', 'FREQ=YEARLY;BYMONTH=3,9;BYDAY=1MO'),
  );
  it('equal those of ical.js where it follows the RFC', () =>
    fc.assert(
      fc.property(part, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 27 }), (rule, interval, shift) => {
        const text = `${rule};INTERVAL=${interval};COUNT=8`;
        // Starts on a day that the rule selects, because the RFC leaves other first days undefined.
        const [start] = days(`2024-03-${String(shift + 1).padStart(2, '0')}`, text, 1);
        const iterator = ICAL.Recur.fromString(text).iterator(ICAL.Time.fromDateString(start!));
        const expected = Array.from({ length: 8 }, () => String(iterator.next()));
        expect(days(start!, text, 8)).toEqual(expected);
      }),
      { numRuns: 200 },
    ));

  it('are not searched beyond the limit', () => {
    const rule = ruleOf('FREQ=DAILY');
    expect(occurrencesOf(rule, dayOf('2024-01-01'), dayOf('2100-12-31'), new WorkLimit(1000))).toBeUndefined();
  });
  it.each([
    ['FREQ=SECONDLY', 'FREQ=SECONDLY is not supported'],
    ['FREQ=YEARLY;BYWEEKNO=20', 'BYWEEKNO in RRULE is not supported'],
    ['FREQ=DAILY;BYHOUR=3', 'BYHOUR in RRULE is not supported'],
    ['FREQ=WEEKLY;BYDAY=2MO', 'BYDAY with a number needs'],
    ['FREQ=YEARLY;COUNT=0', 'INTERVAL and COUNT'],
  ])('of %s are refused', (rule, message) => expect(unsupportedPartOf(ruleOf(rule))).toContain(message));
});
