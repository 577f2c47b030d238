import { IANAZone } from 'luxon';
import { DAY_MS, enumeration, oncePer, type EnumerationValue } from '@baton/kernel';
import {
  ALL_DAY,
  minuteOf,
  specialDays,
  weekdays,
  type Hours,
  type SpecialDay,
  type WorkingTime,
} from '@baton/definitions';

/** An interval, in epoch milliseconds, in which nothing changes; `to` is exclusive. */
export interface OpenInterval {
  readonly from: number;
  readonly to: number;
  /** half-day: hours that are open on this weekday, but not on this day. */
  readonly kind: 'open' | 'closed' | 'holiday' | 'half-day';
  /** The calendar day in the calendar's zone, as a number of days since 1970-01-01. */
  readonly day: number;
}

export const slaHours = enumeration('SlaHours', 'The hours that count towards an obligation.', {
  'business-calendar': 'The open hours of the calendar.',
  'wall-clock': 'All hours.',
  'always-closed': 'All hours, because the calendar has no open ones.',
});

/** Open hours along the time line. */
export interface Calendar {
  readonly clock: EnumerationValue<typeof slaHours>;
  /** All intervals of one UTC day (days since 1970-01-01) without gaps, in order; split where the local day changes. */
  readonly intervalsOf: (utcDay: number) => readonly OpenInterval[];
}

const CACHED_DAYS = 20_000;

/** Hours by ISO weekday, sorted; adjacent ones are joined. */
const hoursOf = ({ hours }: WorkingTime): Hours[] =>
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

/** The parts of hours outside other hours. */
const without = (hours: Hours, shut: Hours): Hours =>
  shut.reduce<Hours>(
    (left, [from, to]) =>
      left.flatMap(([a, b]) =>
        [[a, Math.min(b, from)] as const, [Math.max(a, to), b] as const].filter(([c, d]) => c < d),
      ),
    hours,
  );
const wholeDay = (shut: Hours): boolean => without(ALL_DAY, shut).length === 0;

/**
 * Parts of [from, to) with one UTC offset each. A zone changes its offset at most once within a day, so the change is
 * found by bisection.
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

const calendarOf = (
  clock: Calendar['clock'],
  timeZone: string,
  hours: readonly Hours[],
  special: ReadonlyMap<number, SpecialDay>,
): Calendar => {
  const zone = IANAZone.create(timeZone);
  const byDay = new Map<number, readonly OpenInterval[]>();

  const localDay = (day: number, from: number, to: number, offset: number, into: OpenInterval[]) => {
    const put = (start: number, end: number, kind: OpenInterval['kind']) => {
      const [a, b] = [Math.max(from, start - offset), Math.min(to, end - offset)];
      if (a < b) into.push({ from: a, to: b, kind, day });
    };
    const midnight = day * DAY_MS;
    // 1970-01-01 was a Thursday.
    const usual = hours[(((day + 3) % 7) + 7) % 7]!;
    const own = special.get(day);
    if (own && wholeDay(own.closedHours)) return put(midnight, midnight + DAY_MS, 'holiday');
    const open = own ? without(own.hours ?? usual, own.closedHours) : usual;
    const missed = own ? without(usual, open) : [];
    const pieces = [
      ...open.map((piece) => ({ piece, kind: 'open' as const })),
      ...missed.map((piece) => ({ piece, kind: 'half-day' as const })),
    ].sort((a, b) => a.piece[0] - b.piece[0]);
    let reached = 0;
    for (const { piece, kind } of pieces) {
      put(midnight + reached, midnight + piece[0], 'closed');
      put(midnight + piece[0], midnight + piece[1], kind);
      reached = piece[1];
    }
    put(midnight + reached, midnight + DAY_MS, 'closed');
  };

  const intervalsOf = (utcDay: number): readonly OpenInterval[] => {
    const before = byDay.get(utcDay);
    if (before) return before;
    const intervals: OpenInterval[] = [];
    for (const { from, to, offset } of offsets(zone, utcDay * DAY_MS, (utcDay + 1) * DAY_MS)) {
      const lastDay = Math.floor((to - 1 + offset) / DAY_MS);
      for (let day = Math.floor((from + offset) / DAY_MS); day <= lastDay; day++)
        localDay(day, from, to, offset, intervals);
    }
    if (byDay.size >= CACHED_DAYS) byDay.clear();
    byDay.set(utcDay, intervals);
    return intervals;
  };
  return { clock, intervalsOf };
};

/** Every instant counts; days are UTC days. */
export const wallClock: Calendar = calendarOf('wall-clock', 'UTC', Array<Hours>(7).fill(ALL_DAY), new Map());

/**
 * Compiles an agreed calendar for counting. An instant is open if the local time of the zone is within the open hours
 * of that day, which may be a holiday or have hours of its own; so an hour that daylight saving repeats counts twice,
 * one that it skips does not count.
 * @param calendar the hours of a valid `business-calendar`, or of one of its calendars
 */
export const compileCalendar = oncePer((calendar: WorkingTime): Calendar => compileContent(calendar));

/** Calendars that are kept by their content; a company has a few, and one that is dropped is compiled again. */
const MAX_CALENDARS = 50;
/** By content, the least recently used first: who reads a version from the log again gets a new body of the same. */
const compiledContents = new Map<string, Calendar>();
const compileContent = (calendar: WorkingTime): Calendar => {
  const { timeZone, hours, holidays, days, holidayFile, holidayRules } = calendar;
  const content = JSON.stringify([timeZone, hours, holidays, days, holidayFile, holidayRules]);
  const made = compiledContents.get(content) ?? compileUncached(calendar);
  compiledContents.delete(content);
  compiledContents.set(content, made);
  if (compiledContents.size > MAX_CALENDARS) compiledContents.delete(compiledContents.keys().next().value!);
  return made;
};

const compileUncached = (calendar: WorkingTime): Calendar => {
  if (calendar.hours.length === 0)
    return calendarOf('always-closed', calendar.timeZone, Array<Hours>(7).fill(ALL_DAY), new Map());
  return calendarOf('business-calendar', calendar.timeZone, hoursOf(calendar), specialDays(calendar));
};
