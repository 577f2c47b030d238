import { DAY_MS } from '@baton/kernel';

/** A day as the number of days since 1970-01-01. */
export type DayNumber = number;
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** A recurrence rule (RFC 5545, 3.3.10) as ical.js reads it. */
export interface Recurrence {
  readonly freq: string;
  readonly interval: number;
  readonly count: number | null;
  /** Last possible day; undefined for a rule without an end. */
  readonly until?: DayNumber;
  /** The day on which a week begins, 0 for Monday. */
  readonly weekStart: number;
  readonly parts: {
    readonly BYMONTH?: readonly number[];
    readonly BYMONTHDAY?: readonly number[];
    readonly BYYEARDAY?: readonly number[];
    readonly BYDAY?: readonly string[];
    readonly BYSETPOS?: readonly number[];
  };
}
const PARTS = ['BYMONTH', 'BYMONTHDAY', 'BYYEARDAY', 'BYDAY', 'BYSETPOS'];
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];

/** Limits how many days all rules of a file together may examine, so that no file is too expensive. */
export class WorkLimit {
  constructor(private left: number) {}
  spend(days: number): boolean {
    return (this.left -= days) >= 0;
  }
}

const dateOf = (day: DayNumber): Date => new Date(day * DAY_MS);
const numberOf = (year: number, month: number, day: number): DayNumber => Date.UTC(year, month, day) / DAY_MS;
const weekdayOf = (day: DayNumber): number => (((day + 3) % 7) + 7) % 7; // 1970-01-01 was a Thursday

/** @returns which part of a rule is not supported; undefined for a rule that `occurrencesOf` can expand */
export const unsupportedPartOf = ({ freq, interval, count, parts }: Recurrence): string | undefined => {
  const strange = Object.keys(parts).find((part) => !PARTS.includes(part));
  if (strange) return `${strange} in RRULE is not supported; use ${PARTS.join(', ')}`;
  if (!FREQUENCIES.includes(freq)) return `FREQ=${freq} is not supported; use ${FREQUENCIES.join(', ')}`;
  if (!(interval >= 1) || count === 0) return 'INTERVAL and COUNT must be whole numbers, 1 or more';
  const days = parts.BYDAY ?? [];
  const numbered = days.some((day) => /\d/.test(day));
  if (numbered && freq !== 'MONTHLY' && freq !== 'YEARLY') return 'BYDAY with a number needs FREQ=MONTHLY or YEARLY';
  return undefined;
};

/** A weekday of BYDAY, with its ordinal from the beginning or (negative) from the end; 0 for every such weekday. */
const parseByDay = (text: string): readonly [weekday: number, nth: number] => {
  const [, nth, name] = /^([+-]?\d+)?([A-Z]{2})$/.exec(text)!;
  return [WEEKDAYS.indexOf(name!), Number(nth ?? 0)];
};

/** The first day of the period with a number, and of the one after it. */
const periodOf = (
  { freq, interval, weekStart }: Recurrence,
  start: DayNumber,
  number: number,
): [DayNumber, DayNumber] => {
  const date = dateOf(start);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const step = number * interval;
  if (freq === 'YEARLY') return [numberOf(year + step, 0, 1), numberOf(year + step + 1, 0, 1)];
  if (freq === 'MONTHLY') return [numberOf(year, month + step, 1), numberOf(year, month + step + 1, 1)];
  if (freq === 'DAILY') return [start + step, start + step + 1];
  const monday = start - ((weekdayOf(start) - weekStart + 7) % 7);
  return [monday + 7 * step, monday + 7 * step + 7];
};

const isNth = (nth: number, place: number, length: number): boolean =>
  nth > 0 ? Math.floor(place / 7) === nth - 1 : Math.floor((length - 1 - place) / 7) === -nth - 1;

/** Compiles the parts of a rule that select days. */
const dayTest = ({ freq, parts }: Recurrence, start: DayNumber): ((day: DayNumber) => boolean) => {
  const { BYMONTH, BYMONTHDAY, BYYEARDAY, BYDAY } = parts;
  const byDay = BYDAY?.map(parseByDay);
  const begun = dateOf(start);
  const free = !BYMONTHDAY && !BYYEARDAY && !BYDAY;
  const months = BYMONTH ?? (free && freq === 'YEARLY' ? [begun.getUTCMonth() + 1] : undefined);
  const monthDays =
    BYMONTHDAY ?? (free && (freq === 'YEARLY' || freq === 'MONTHLY') ? [begun.getUTCDate()] : undefined);
  const weekday = free && freq === 'WEEKLY' ? weekdayOf(start) : undefined;
  /** BYDAY=2MO is the second Monday of the month; of a year only where no month is named. */
  const inYear = freq === 'YEARLY' && !BYMONTH;
  return (day) => {
    const date = dateOf(day);
    const [year, month, of] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    if (months && !months.includes(month + 1)) return false;
    const monthLength = numberOf(year, month + 1, 1) - numberOf(year, month, 1);
    if (monthDays && !monthDays.includes(of) && !monthDays.includes(of - monthLength - 1)) return false;
    const [yearLength, ofYear] = [numberOf(year + 1, 0, 1) - numberOf(year, 0, 1), day - numberOf(year, 0, 1) + 1];
    if (BYYEARDAY && !BYYEARDAY.includes(ofYear) && !BYYEARDAY.includes(ofYear - yearLength - 1)) return false;
    if (weekday !== undefined && weekdayOf(day) !== weekday) return false;
    const [place, length] = inYear ? [ofYear - 1, yearLength] : [of - 1, monthLength];
    return (
      !byDay || byDay.some(([wanted, nth]) => wanted === weekdayOf(day) && (nth === 0 || isNth(nth, place, length)))
    );
  };
};

/**
 * The days on which an event that begins on `start` recurs, in order, up to `last`. A day that a month does not have is
 * skipped: 29 February occurs every fourth year. `start` itself is included only if the rule selects it.
 * @returns undefined if more days would have to be examined than the limit allows
 * Source: RFC 5545, 3.3.10. Own code, because ical.js takes 29 February for 1 March in other years, and has no limit.
 */
export const occurrencesOf = (
  rule: Recurrence,
  start: DayNumber,
  last: DayNumber,
  limit: WorkLimit,
): readonly DayNumber[] | undefined => {
  const chosen = dayTest(rule, start);
  const { count, parts } = rule;
  const end = Math.min(last, rule.until ?? last);
  const found: DayNumber[] = [];
  for (let number = 0; ; number++) {
    const [from, to] = periodOf(rule, start, number);
    if (!(from <= end)) return found; // also if the number of a period is beyond any calendar
    // Within a year examine only the months that can match: most rules name one.
    const months =
      rule.freq === 'YEARLY' &&
      (parts.BYMONTH ?? (isPlainYearly(parts) ? [dateOf(start).getUTCMonth() + 1] : undefined));
    const pieces: (readonly [number, number])[] = months
      ? [...new Set(months)]
          .sort((a, b) => a - b)
          .map((month) => {
            const year = dateOf(from).getUTCFullYear();
            return [numberOf(year, month - 1, 1), numberOf(year, month, 1)] as const;
          })
      : [[from, to]];
    const days: DayNumber[] = [];
    for (const [first, after] of pieces) {
      if (!limit.spend(after - first)) return undefined;
      for (let day = first; day < after; day++) if (chosen(day)) days.push(day);
    }
    const places = parts.BYSETPOS;
    const kept = places
      ? days.filter((_, place) => places.includes(place + 1) || places.includes(place - days.length))
      : days;
    for (const day of kept) {
      if (day < start) continue;
      if (day > end) return found;
      found.push(day);
      if (count !== null && found.length === count) return found;
    }
  }
};
const isPlainYearly = ({ BYMONTHDAY, BYYEARDAY, BYDAY }: Recurrence['parts']): boolean =>
  !BYMONTHDAY && !BYYEARDAY && !BYDAY;
