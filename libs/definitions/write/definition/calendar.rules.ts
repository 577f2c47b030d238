import { IANAZone } from 'luxon';
import { DAY_MS, day, wordKey, list, object, oneOf, optional, text, type Fault, type Static } from '@baton/kernel';
import {
  ALL_DAY,
  specialDaysOf,
  type EventMeaning,
  type EventRule,
  type Hours,
  type SpecialDay,
} from './holiday-file.rules';

/** In the order of ISO weekdays. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const HOUR_MS = 3_600_000;
/** The shortest week that is worth a calendar: below it a deadline could lie beyond any planning. */
const SHORTEST_WEEK_MS = HOUR_MS;
/** The longest holiday file, in characters; reading one takes a few hundred milliseconds. */
const LONGEST_FILE = 480_000;

const clockTime = (description: string) =>
  text(description, {
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$',
    says: 'a time of day from 00:00 to 24:00, such as 09:30',
  });

const span = {
  from: clockTime('Opens, 09:00.'),
  to: clockTime('Closes, 17:00; 24:00 is the end of the day.'),
};
const spans = (description: string) => list(object(span), description, { max: 20 });
const field = (what: string) =>
  optional(text(`${what} Exact text in any case, \`*\` for any characters, or \`(none)\` for absent.`, { max: 300 }));

/** What an event of the holiday file means. */
const holidayRule = object({
  when: object(
    {
      summary: field('Its name.'),
      description: field('Public holiday, Observance …'),
      categories: field('One of its categories.'),
      status: field('CONFIRMED or TENTATIVE; what is cancelled never counts.'),
      transp: field('TRANSPARENT or OPAQUE.'),
      location: field('Where it is kept.'),
    },
    'All of these hold; none at all takes every event.',
  ),
  day: oneOf(
    ['closed', 'open', 'as-usual'],
    'closed: nobody works while it lasts; open: its days have `hours`, a half day or a working Saturday; as-usual: it does not count.',
  ),
  hours: optional(spans('Of `open`: when people work on that day.')),
});

/** What a calendar can be chosen by: facts of the lead, and the queue of reps that has it. */
const calendarFields = ['country', 'region', 'queue'] as const;
/** What is known of a lead, to choose its calendar by. */
export type LeadPlace = { readonly [F in (typeof calendarFields)[number]]?: string | number | undefined };

const workingTime = {
  timeZone: text('IANA zone of the hours and holidays: America/New_York.', { max: 60 }),
  hours: list(
    object({ days: list(oneOf(weekdays), 'On these days.', { max: 7 }), ...span }),
    'Several a day are possible; none at all means that every day is closed, and clocks run on the wall.',
    { max: 100 },
  ),
  holidays: optional(list(day(), 'Closed days.')),
  days: optional(
    list(
      object({ day: day(), hours: spans('When people work on that day; none: it is closed.') }),
      'Single days with hours of their own, whatever weekday, holidays and file say: half days, working Saturdays.',
      { max: 1000 },
    ),
  ),
  holidayFile: optional(
    text('The text of one or more iCalendar files whose events are closed days.', { max: LONGEST_FILE }),
  ),
  holidayRules: optional(
    list(holidayRule, 'What the events of the file mean, the first that holds; one that none takes closes its days.', {
      max: 100,
    }),
  ),
};

/** When people are at work: clocks of obligations count only these hours. */
export const businessCalendar = object({
  ...workingTime,
  calendars: optional(
    list(
      object({
        code: text('Short and stable: emea.', {
          pattern: '^[a-z][a-z0-9-]{0,49}$',
          says: 'a code: 1 to 50 small letters, digits and hyphens, beginning with a letter',
        }),
        for: list(
          object({
            field: oneOf(calendarFields, 'A fact of the lead, or the queue that has it; an absent one meets nothing.'),
            in: list(text('', { max: 300 }), 'It is one of these, in any case of letters.', { max: 300 }),
          }),
          'Which leads it holds for: all of these hold.',
          { max: 20 },
        ),
        ...workingTime,
      }),
      'Calendars of teams and regions: the first that holds for a lead counts for it, else the hours above.',
      { max: 50 },
    ),
  ),
});
export type BusinessCalendar = Static<typeof businessCalendar>;
type NamedCalendar = NonNullable<BusinessCalendar['calendars']>[number];
/** The hours and holidays of one team or region, or of all others. */
export type WorkingTime = Omit<BusinessCalendar, 'calendars'>;

/** The calendar that holds for a lead; its code, undefined for the one of all others. */
export const calendarFor = (
  calendar: BusinessCalendar,
  place: LeadPlace,
): { readonly code?: string; readonly time: WorkingTime } => {
  const holds = ({ for: conditions }: NamedCalendar): boolean =>
    conditions.every(({ field, in: words }) => {
      const value = place[field];
      return value !== undefined && words.some((word) => wordKey(word) === wordKey(String(value)));
    });
  const named = calendar.calendars?.find(holds);
  return named ? { code: named.code, time: named } : { time: calendar };
};

/** @returns the calendar with a code, or that of all others without one; undefined where there is none of that code */
export const calendarNamed = (calendar: BusinessCalendar, code: string | undefined): WorkingTime | undefined =>
  code === undefined ? calendar : calendar.calendars?.find((named) => named.code === code);

/** Minutes after midnight of `09:30`. */
export const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

type Span = { readonly from: string; readonly to: string };
const spanFault = ({ from, to }: Span, path: string): Fault | undefined =>
  minuteOf(from) >= minuteOf(to) ? { path: `${path}.to`, message: 'Close after opening.' } : undefined;
const overlap = (one: Span, other: Span): boolean =>
  minuteOf(one.from) < minuteOf(other.to) && minuteOf(other.from) < minuteOf(one.to);

const spansFault = (all: readonly Span[], path: string): Fault | undefined => {
  for (const [index, each] of all.entries()) {
    const fault = spanFault(each, `${path}.${index}`);
    if (fault) return fault;
    const before = all.findIndex((other, place) => place < index && overlap(each, other));
    if (before >= 0) return { path: `${path}.${index}`, message: `It overlaps with ${path}.${before}.` };
  }
  return undefined;
};

const hoursFault = (hours: BusinessCalendar['hours']): Fault | undefined => {
  let week = 0;
  for (const [index, each] of hours.entries()) {
    const { days, from, to } = each;
    const fault = spanFault(each, `hours.${index}`);
    if (fault) return fault;
    if (days.length === 0) return { path: `hours.${index}.days`, message: 'Name at least one day.' };
    week += new Set(days).size * (minuteOf(to) - minuteOf(from)) * 60_000;
    for (const [earlier, other] of hours.slice(0, index).entries())
      if (days.some((day) => other.days.includes(day)) && overlap(each, other))
        return { path: `hours.${index}`, message: `It overlaps with hours.${earlier}.` };
  }
  return hours.length > 0 && week < SHORTEST_WEEK_MS
    ? { path: 'hours', message: 'Open at least one hour a week, or never.' }
    : undefined;
};

/** @returns what the schema cannot say: zone, order of hours, overlaps, days and codes named once, a readable file */
export const validateCalendar = (calendar: BusinessCalendar): Fault | undefined => {
  const fault = workingTimeFault(calendar);
  if (fault) return fault;
  const { calendars = [] } = calendar;
  for (const [index, named] of calendars.entries()) {
    const path = `calendars.${index}`;
    if (calendars.findIndex(({ code }) => code === named.code) < index)
      return { path: `${path}.code`, message: 'Another calendar has this code.' };
    if (named.for.length === 0) return { path: `${path}.for`, message: 'Say which leads it holds for.' };
    const wrong = workingTimeFault(named);
    if (wrong) return { ...wrong, path: `${path}.${wrong.path}` };
  }
  return undefined;
};

const workingTimeFault = (calendar: WorkingTime): Fault | undefined => {
  const { timeZone, hours, days = [], holidayFile, holidayRules = [] } = calendar;
  if (!IANAZone.isValidZone(timeZone)) return { path: 'timeZone', message: 'Give an IANA zone such as Europe/Berlin.' };
  const fault = hoursFault(hours);
  if (fault) return fault;
  for (const [index, { day: single, hours: open }] of days.entries()) {
    if (days.findIndex((other) => other.day === single) < index)
      return { path: `days.${index}.day`, message: 'This day stands twice.' };
    const wrong = spansFault(open, `days.${index}.hours`);
    if (wrong) return wrong;
  }
  for (const [index, { day: means, hours: open = [] }] of holidayRules.entries()) {
    const path = `holidayRules.${index}.hours`;
    if ((means === 'open') !== open.length > 0)
      return { path, message: means === 'open' ? 'Say when people work on that day.' : 'Only an open day has hours.' };
    const wrong = spansFault(open, path);
    if (wrong) return wrong;
  }
  if (holidayFile === undefined)
    return holidayRules.length > 0
      ? { path: 'holidayRules', message: 'They say what the events of a file mean; give holidayFile.' }
      : undefined;
  const read = specialDaysOf(holidayFile, timeZone, eventRulesOf(calendar));
  return isFault(read) ? { path: 'holidayFile', message: read.message } : undefined;
};

const isFault = (read: ReturnType<typeof specialDaysOf>): read is Fault => 'message' in read;
const hoursOfDay = (all: readonly Span[]): Hours =>
  all.map(({ from, to }) => [minuteOf(from) * 60_000, minuteOf(to) * 60_000] as const).sort(([a], [b]) => a - b);
const eventRulesOf = ({ holidayRules = [] }: WorkingTime): readonly EventRule[] =>
  holidayRules.map(({ when, day: means, hours = [] }) => {
    const meaning: EventMeaning = means === 'open' ? hoursOfDay(hours) : means;
    return { when, meaning };
  });
const numberOf = (iso: string): number => Date.parse(`${iso}T00:00:00.000Z`) / DAY_MS;

/**
 * The days of a checked calendar that differ from their weekdays, by the number of days since 1970-01-01. What single
 * days say holds before holidays, and these before the file.
 */
export const specialDays = (calendar: WorkingTime): ReadonlyMap<number, SpecialDay> => {
  const { timeZone, holidays = [], days = [], holidayFile } = calendar;
  const read = holidayFile === undefined ? undefined : specialDaysOf(holidayFile, timeZone, eventRulesOf(calendar));
  const special = new Map<number, SpecialDay>(read && !isFault(read) ? read : []);
  for (const holiday of holidays) special.set(numberOf(holiday), { shut: ALL_DAY });
  for (const { day: single, hours } of days)
    special.set(numberOf(single), hours.length === 0 ? { shut: ALL_DAY } : { hours: hoursOfDay(hours), shut: [] });
  return special;
};
