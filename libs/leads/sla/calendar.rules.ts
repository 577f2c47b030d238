import { IANAZone } from 'luxon';
import { DAY_MS, toMs } from '@baton/kernel';
import { holidaysOf, minuteOf, weekdays, type BusinessCalendar } from '@baton/definitions';

/** A stretch of time in which nothing changes; `to` is exclusive. Milliseconds of the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly kind: 'open' | 'closed' | 'holiday';
  /** The calendar day in the calendar's zone, as a number of days since 1970-01-01. */
  readonly day: number;
}

/** Open hours on the time line. */
export interface Calendar {
  /** `always-closed`: the agreed calendar has no open hour, so clocks run on the wall after all. */
  readonly clock: 'business-calendar' | 'wall-clock' | 'always-closed';
  /** Everything of one UTC day (days since 1970-01-01) without gaps, in order; cut where the local day changes. */
  readonly stretchesOf: (utcDay: number) => readonly Stretch[];
}

type Hours = readonly (readonly [from: number, to: number])[];
const ALL_DAY: Hours = [[0, DAY_MS]];
const REMEMBERED_DAYS = 20_000;

/** The hours by ISO weekday, sorted; those that touch are one. */
const hoursOf = ({ hours }: BusinessCalendar): Hours[] =>
  weekdays.map((weekday) => {
    const sorted = hours
      .filter(({ days }) => days.includes(weekday))
      .map(({ from, to }) => [minuteOf(from) * 60_000, minuteOf(to) * 60_000] as [number, number])
      .sort(([a], [b]) => a - b);
    const joined: [number, number][] = [];
    for (const [from, to] of sorted) {
      const last = joined.at(-1);
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else joined.push([from, to]);
    }
    return joined;
  });

/**
 * Parts of [from, to) with one offset from UTC each. A zone changes its offset at most once within a day, so the change
 * is found by halving.
 */
const offsets = (zone: IANAZone, from: number, to: number): { from: number; to: number; offset: number }[] => {
  const offsetAt = (ms: number) => Math.round(zone.offset(ms) * 60_000);
  const [first, last] = [offsetAt(from), offsetAt(to - 1)];
  if (first === last) return [{ from, to, offset: first }];
  let [before, after] = [from, to - 1];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === first) before = middle;
    else after = middle;
  }
  return [
    { from, to: after, offset: first },
    { from: after, to, offset: last },
  ];
};

const compiled = (
  clock: Calendar['clock'],
  timeZone: string,
  hours: readonly Hours[],
  holidays: ReadonlySet<number>,
): Calendar => {
  const zone = IANAZone.create(timeZone);
  const known = new Map<number, readonly Stretch[]>();

  const localDay = (day: number, from: number, to: number, offset: number, into: Stretch[]) => {
    const put = (start: number, end: number, kind: Stretch['kind']) => {
      const [a, b] = [Math.max(from, start - offset), Math.min(to, end - offset)];
      if (a < b) into.push({ from: a, to: b, kind, day });
    };
    const midnight = day * DAY_MS;
    if (holidays.has(day)) return put(midnight, midnight + DAY_MS, 'holiday');
    let reached = 0;
    // 1970-01-01 was a Thursday.
    for (const [opens, closes] of hours[(((day + 3) % 7) + 7) % 7]!) {
      put(midnight + reached, midnight + opens, 'closed');
      put(midnight + opens, midnight + closes, 'open');
      reached = closes;
    }
    put(midnight + reached, midnight + DAY_MS, 'closed');
  };

  const stretchesOf = (utcDay: number): readonly Stretch[] => {
    const before = known.get(utcDay);
    if (before) return before;
    const stretches: Stretch[] = [];
    for (const { from, to, offset } of offsets(zone, utcDay * DAY_MS, (utcDay + 1) * DAY_MS)) {
      const lastDay = Math.floor((to - 1 + offset) / DAY_MS);
      for (let day = Math.floor((from + offset) / DAY_MS); day <= lastDay; day++)
        localDay(day, from, to, offset, stretches);
    }
    if (known.size >= REMEMBERED_DAYS) known.clear();
    known.set(utcDay, stretches);
    return stretches;
  };
  return { clock, stretchesOf };
};

/** Every instant counts; a day is a day of UTC. */
export const wallClock: Calendar = compiled('wall-clock', 'UTC', Array<Hours>(7).fill(ALL_DAY), new Set());

/**
 * Makes an agreed calendar ready for counting. An instant is open when the clock on the wall of the zone shows an open
 * hour of a day that is no holiday; so an hour that daylight saving repeats counts twice, one that it skips not at all.
 * @param calendar a checked body of the kind `business-calendar`
 */
export const compileCalendar = (calendar: BusinessCalendar): Calendar => {
  const before = ready.get(calendar);
  if (before) return before;
  const made = countable(calendar);
  ready.set(calendar, made);
  return made;
};
/** Bodies of definitions are never changed, so each is made ready once. */
const ready = new WeakMap<BusinessCalendar, Calendar>();

const countable = (calendar: BusinessCalendar): Calendar => {
  if (calendar.hours.length === 0)
    return compiled('always-closed', calendar.timeZone, Array<Hours>(7).fill(ALL_DAY), new Set());
  const read = calendar.holidayFile === undefined ? [] : holidaysOf(calendar.holidayFile);
  const days = [...(calendar.holidays ?? []), ...(Array.isArray(read) ? (read as readonly string[]) : [])];
  const holidays = new Set(days.map((day) => toMs(`${day}T00:00:00.000Z`) / DAY_MS));
  return compiled('business-calendar', calendar.timeZone, hoursOf(calendar), holidays);
};
