import fc from 'fast-check';
import { DAY_MS, fromMs } from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import type { WorkingTime } from '@baton/definitions';
import { compileCalendar, wallClock } from './calendar.rules';
import { countedMs } from './deadline.rules';
import { openTimeWithin } from './open-time.rules';

const office: WorkingTime = {
  timeZone: 'Europe/Berlin',
  hours: [
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '12:30' },
    { days: ['mon', 'wed'], from: '13:00', to: '18:00' },
  ],
  holidays: ['2024-04-01'],
};
// Around both changes of daylight saving.
const BEGIN = Date.UTC(2024, 2, 20);
const instant = fc.integer({ min: 0, max: 250 * 24 * 60 }).map((minutes) => BEGIN + minutes * 60_000);

describe('open time', () => {
  it.each([
    ['office hours', compileCalendar(office)],
    ['the wall clock', wallClock],
  ])('of %s is that counted interval by interval', (_, calendar) =>
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [begin, end] = [Math.min(a, b), Math.max(a, b)];
        const counted = openTimeWithin(calendar, BEGIN, BEGIN + 251 * DAY_MS)(begin, end);
        expect(counted).toBe(countedMs(fromMs(begin), fromMs(end), calendar));
      }),
      { numRuns: repetitions(50, 2_000) },
    ),
  );
});
