import { DateTime } from 'luxon';
import {
  BEGINNING,
  boundsOf,
  dayAt,
  END,
  fromMs,
  Refused,
  startOfDay,
  toMs,
  zoneOf,
  type Instant,
} from '@baton/kernel';
import type { Range } from './evaluate.rules';

/** The parts of the calendar that a figure can be grouped by. */
export const grains = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type Grain = (typeof grains)[number];
export const isGrain = (by: string | undefined): by is Grain => grains.some((grain) => grain === by);
export const comparisons = ['previous-period', 'year-before'] as const;
export type PeriodComparison = (typeof comparisons)[number];

/** How a company counts: the month in which its year begins, and the weekday (1 is Monday) of its weeks. */
interface Calendar {
  readonly timeZone: string;
  readonly yearStart: number;
  readonly weekStart: number;
}
export interface ScopeArgs {
  readonly period?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timeZone?: string | undefined;
  /** 1 to 12. */
  readonly yearStartsIn?: number | undefined;
  /** 1 to 7, Monday to Sunday. */
  readonly weekStartsOn?: number | undefined;
}

/** A period of a question, and how to find the one before it. */
export interface ScopePeriod extends Calendar {
  readonly from: Instant;
  readonly to: Instant;
  /** The step to the period before; undefined for one with an open end. */
  readonly step?: PeriodStep;
}
type PeriodStep = { readonly months: number } | { readonly days: number } | { readonly milliseconds: number };

const MONTHS: Readonly<Record<Exclude<Grain, 'day' | 'week'>, number>> = { month: 1, quarter: 3, year: 12 };
/** A day of the calendar, as UTC: days are counted without a zone, and become instants of their zone at the end. */
const calendarDay = (at: Instant, { timeZone }: Calendar): DateTime =>
  DateTime.fromISO(dayAt(at, timeZone), { zone: 'utc' });
const instantOfDay = (day: DateTime, { timeZone }: Calendar): Instant => startOfDay(day.toISODate()!, timeZone);
/** The first day of the part of the calendar that a day is in. */
const startOf = (day: DateTime, grain: Grain, { yearStart, weekStart }: Calendar): DateTime => {
  if (grain === 'day') return day;
  if (grain === 'week') return day.minus({ days: (day.weekday - weekStart + 7) % 7 });
  const month = day.startOf('month');
  return month.minus({ months: (month.month - yearStart + 12) % MONTHS[grain] });
};
const stepOfGrain = (grain: Grain, count = 1): PeriodStep =>
  grain === 'day' || grain === 'week'
    ? { days: count * (grain === 'week' ? 7 : 1) }
    : { months: count * MONTHS[grain] };

/** The words for periods, for whoever names one that does not exist. */
const PERIODS =
  'today, yesterday, this-week, last-month, this-quarter, last-year, last-30-days, last-12-months, 2024, 2024-Q3, 2024-07';
/**
 * A period by its name: relative to an instant, or a part of the calendar. `2024` and `2024-Q3` are those of the company,
 * whose year is named after the calendar year in which it begins.
 * @throws Refused `figures/unknown-period`
 */
const namedPeriod = (name: string, at: Instant, calendar: Calendar): ScopePeriod => {
  const today = calendarDay(at, calendar);
  const of = (first: DateTime, grain: Grain, count = 1): ScopePeriod => {
    const step = stepOfGrain(grain, count);
    const [from, to] = [first, first.plus(step)].map((day) => instantOfDay(day, calendar)) as [Instant, Instant];
    return { ...calendar, from, to, step };
  };
  const relative = /^(this|last)-(week|month|quarter|year)$/.exec(name);
  if (relative) {
    const grain = relative[2] as Grain;
    const first = startOf(today, grain, calendar);
    return of(relative[1] === 'this' ? first : first.minus(stepOfGrain(grain)), grain);
  }
  if (name === 'today') return of(today, 'day');
  if (name === 'yesterday') return of(today.minus({ days: 1 }), 'day');
  const recent = /^last-([1-9]\d{0,2})-(day|week|month|quarter|year)s$/.exec(name);
  if (recent) {
    const [count, grain] = [Number(recent[1]), recent[2] as Grain];
    return of(startOf(today, grain, calendar).minus(stepOfGrain(grain, count)), grain, count);
  }
  const named = /^(19\d\d|20\d\d|21\d\d)(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/.exec(name);
  if (!named)
    throw new Refused('figures/unknown-period', `${name} is no period; use one such as ${PERIODS}.`, 'period');
  const [, year, quarter, month] = named;
  const first = (inMonth: number) => DateTime.utc(Number(year), inMonth, 1);
  if (month !== undefined) return of(first(Number(month)), 'month');
  const begin = first(calendar.yearStart);
  return quarter === undefined ? of(begin, 'year') : of(begin.plus({ months: 3 * (Number(quarter) - 1) }), 'quarter');
};

/**
 * The period that a question asks for.
 * @param at the instant of the question, for `this-month` and the like
 * @throws Refused `figures/unknown-period`, `figures/two-periods`, and as `boundsOf`
 */
export const scopePeriod = (args: ScopeArgs, at: Instant): ScopePeriod => {
  const calendar = {
    ...{ timeZone: zoneOf(args.timeZone), yearStart: args.yearStartsIn ?? 1, weekStart: args.weekStartsOn ?? 1 },
  };
  if (args.period !== undefined) {
    if (args.from !== undefined || args.to !== undefined)
      throw new Refused('figures/two-periods', 'Give either period or from and to.', 'period');
    return namedPeriod(args.period, at, calendar);
  }
  const { from = BEGINNING, to = END } = boundsOf(args);
  const isOpen = from === BEGINNING || to === END;
  return { ...calendar, from, to, ...(!isOpen && { step: stepOf(from, to, calendar) }) };
};
const startsDay = (at: Instant, calendar: Calendar): boolean =>
  instantOfDay(calendarDay(at, calendar), calendar) === at;
/** Whole days where both ends are those of a day in the zone. */
const stepOf = (from: Instant, to: Instant, calendar: Calendar): PeriodStep =>
  startsDay(from, calendar) && startsDay(to, calendar)
    ? { days: calendarDay(to, calendar).diff(calendarDay(from, calendar), 'days').days }
    : { milliseconds: toMs(to) - toMs(from) };

/**
 * The period to compare with.
 * @throws Refused `figures/open-period` for a period without beginning or end
 */
export const comparedPeriod = (period: ScopePeriod, comparison: PeriodComparison): ScopePeriod => {
  if (!period.step)
    throw new Refused(
      'figures/open-period',
      'A period with an open end has none to compare with; give both ends.',
      'compare',
    );
  const before = comparison === 'year-before' ? { months: 12 } : period.step;
  const moved = (at: Instant): Instant =>
    'milliseconds' in before || !startsDay(at, period)
      ? instantAgo(at, before, period)
      : instantOfDay(calendarDay(at, period).minus(before), period);
  return { ...period, from: moved(period.from), to: moved(period.to) };
};
const instantAgo = (at: Instant, before: PeriodStep, { timeZone }: Calendar): Instant =>
  fromMs(DateTime.fromISO(at, { zone: timeZone }).minus(before).toMillis());

export const rangeOf = ({ from, to }: { readonly from: Instant; readonly to: Instant }): Range => ({
  ...{ from: toMs(from), to: toMs(to) },
});

/** Parts of the calendar in one answer. */
const MAX_PARTS = 400;
const keyOf = (first: DateTime, grain: Grain, { yearStart }: Calendar): string => {
  if (grain === 'day' || grain === 'week') return first.toISODate()!;
  if (grain === 'month') return first.toFormat('yyyy-MM');
  const year = first.month >= yearStart ? first.year : first.year - 1;
  return grain === 'year' ? String(year) : `${year}-Q${1 + ((first.month - yearStart + 12) % 12) / 3}`;
};
/** A part of the calendar: its first day, or `2024-07`, `2024-Q3`, `2024`. */
export type CalendarPart = Range & { readonly key: string };
/**
 * The parts of the calendar that a period touches, each cut to the period, oldest first.
 * @param rows for an open end: the instants of the first and the last row; without them there are no parts
 * @throws Refused `figures/too-many-groups` beyond 400
 */
export const calendarParts = (
  period: ScopePeriod,
  grain: Grain,
  rows: { readonly first: number; readonly last: number } | undefined,
): readonly CalendarPart[] => {
  const begin = period.from === BEGINNING ? rows?.first : toMs(period.from);
  const end = period.to === END ? rows && rows.last + 1 : toMs(period.to);
  if (begin === undefined || end === undefined) return [];
  const parts: CalendarPart[] = [];
  const step = stepOfGrain(grain);
  for (let day = startOf(calendarDay(fromMs(begin), period), grain, period); ; day = day.plus(step)) {
    const start = toMs(instantOfDay(day, period));
    if (start >= end) return parts;
    if (parts.length === MAX_PARTS)
      throw new Refused(
        'figures/too-many-groups',
        `A period has at most ${MAX_PARTS} parts; ask for a shorter one, or by a longer part of the calendar.`,
        'by',
      );
    const next = toMs(instantOfDay(day.plus(step), period));
    const to = period.to === END ? next : Math.min(end, next);
    parts.push({ key: keyOf(day, grain, period), from: Math.max(begin, start), to });
  }
};
