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
/** A calendar with shorter weeks is refused: its deadlines could be years away. */
const MIN_WEEK_MS = HOUR_MS;
/** The longest holiday file, in characters; reading one takes a few hundred milliseconds. */
const MAX_FILE_CHARACTERS = 480_000;

const clockTime = (description: string) =>
  text(description, {
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$',
    requirement: 'a time of day from 00:00 to 24:00, such as 09:30',
  });

const span = {
  from: clockTime('Opening time: 09:00.'),
  to: clockTime('Closing time: 17:00; 24:00 is the end of the day.'),
};
const spans = (description: string) => list(object(span), description, { max: 20 });
const field = (what: string) =>
  optional(
    text(`${what} Exact text (case is ignored), \`*\` for any characters, or \`(none)\` for an absent field.`, {
      max: 300,
    }),
  );

/** A rule for the events of the holiday file. */
const holidayRule = object({
  when: object(
    {
      summary: field('Name of the event.'),
      description: field('Description of the event: Public holiday, Observance …'),
      categories: field('One of the categories of the event.'),
      status: field('CONFIRMED or TENTATIVE; cancelled events never count.'),
      transp: field('Transparency: TRANSPARENT or OPAQUE.'),
      location: field('Location of the event.'),
    },
    'Every condition must hold; no conditions match every event.',
  ),
  day: oneOf(
    ['closed', 'open', 'as-usual'],
    'closed: nobody works during the event; open: people work in `hours` on its days (a half day, a working Saturday); as-usual: the event changes nothing.',
  ),
  hours: optional(spans('Working hours of a day that is `open`.')),
});

/** The fields that select a calendar: those of the lead, and its queue. */
const calendarFields = ['country', 'region', 'queue'] as const;
/** The values of a lead that select its calendar. */
export type CalendarFields = { readonly [F in (typeof calendarFields)[number]]?: string | number | undefined };

const workingTime = {
  timeZone: text('IANA time zone of the hours and holidays: America/New_York.', { max: 60 }),
  hours: list(
    object({ days: list(oneOf(weekdays), 'Days of the week with these hours.', { max: 7 }), ...span }),
    'Working hours; a day may have several. An empty list closes every day: SLA clocks then run in wall-clock time.',
    { max: 100 },
  ),
  holidays: optional(list(day(), 'Closed days.')),
  days: optional(
    list(
      object({ day: day(), hours: spans('Working hours of that day; an empty list closes it.') }),
      'Single days with their own hours (half days, working Saturdays); they override weekdays, holidays and the holiday file.',
      { max: 1000 },
    ),
  ),
  holidayFile: optional(
    text('Text of one or more iCalendar files; their events are closed days unless a rule says otherwise.', {
      max: MAX_FILE_CHARACTERS,
    }),
  ),
  holidayRules: optional(
    list(
      holidayRule,
      'Rules for the events of the holiday file; the first rule that matches decides. An event without a matching rule closes its days.',
      {
        max: 100,
      },
    ),
  ),
};

/** Business hours: SLA clocks count only this time. */
export const businessCalendar = object({
  ...workingTime,
  calendars: optional(
    list(
      object({
        code: text('Short and stable: emea.', {
          pattern: '^[a-z][a-z0-9-]{0,49}$',
          requirement: 'a code: 1 to 50 small letters, digits and hyphens, beginning with a letter',
        }),
        for: list(
          object({
            field: oneOf(calendarFields, 'A field of the lead, or its queue; an absent value matches nothing.'),
            in: list(text('', { max: 300 }), 'Allowed values; case is ignored.', { max: 300 }),
          }),
          'Conditions on the leads that use this calendar; every one must hold.',
          { max: 20 },
        ),
        ...workingTime,
      }),
      'Calendars of teams and regions: the first one whose conditions a lead meets is used, otherwise the hours above.',
      { max: 50 },
    ),
  ),
});
export type BusinessCalendar = Static<typeof businessCalendar>;
type NamedCalendar = NonNullable<BusinessCalendar['calendars']>[number];
/** The working hours and holidays of one team or region, or of all others. */
export type WorkingTime = Omit<BusinessCalendar, 'calendars'>;

/** The calendar of a lead, with its code; without a code it is the one for all others. */
export const calendarFor = (
  calendar: BusinessCalendar,
  place: CalendarFields,
): { readonly code?: string; readonly time: WorkingTime } => {
  const holds = ({ for: conditions }: NamedCalendar): boolean =>
    conditions.every(({ field, in: words }) => {
      const value = place[field];
      return value !== undefined && words.some((word) => wordKey(word) === wordKey(String(value)));
    });
  const named = calendar.calendars?.find(holds);
  return named ? { code: named.code, time: named } : { time: calendar };
};

/** @returns the calendar with a code, or without a code the one for all others; undefined for an unknown code */
export const calendarNamed = (calendar: BusinessCalendar, code: string | undefined): WorkingTime | undefined =>
  code === undefined ? calendar : calendar.calendars?.find((named) => named.code === code);

/** Minutes after midnight of `09:30`. */
export const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

type Span = { readonly from: string; readonly to: string };
const validateSpan = ({ from, to }: Span, path: string): Fault | undefined =>
  minuteOf(from) >= minuteOf(to) ? { path: `${path}.to`, message: 'to must be later than from.' } : undefined;
const overlaps = (one: Span, other: Span): boolean =>
  minuteOf(one.from) < minuteOf(other.to) && minuteOf(other.from) < minuteOf(one.to);

const validateSpans = (all: readonly Span[], path: string): Fault | undefined => {
  for (const [index, each] of all.entries()) {
    const fault = validateSpan(each, `${path}.${index}`);
    if (fault) return fault;
    const before = all.findIndex((other, place) => place < index && overlaps(each, other));
    if (before >= 0)
      return {
        path: `${path}.${index}`,
        message: `These hours overlap with ${path}.${before}; make them one, or separate them.`,
      };
  }
  return undefined;
};

const validateHours = (hours: BusinessCalendar['hours']): Fault | undefined => {
  let week = 0;
  for (const [index, each] of hours.entries()) {
    const { days, from, to } = each;
    const fault = validateSpan(each, `hours.${index}`);
    if (fault) return fault;
    if (days.length === 0)
      return { path: `hours.${index}.days`, message: 'days must list at least one day of the week.' };
    week += new Set(days).size * (minuteOf(to) - minuteOf(from)) * 60_000;
    for (const [earlier, other] of hours.slice(0, index).entries())
      if (days.some((day) => other.days.includes(day)) && overlaps(each, other))
        return {
          path: `hours.${index}`,
          message: `These hours overlap with hours.${earlier}; make them one, or separate them.`,
        };
  }
  return hours.length > 0 && week < MIN_WEEK_MS
    ? { path: 'hours', message: 'hours must cover at least one hour a week, or be an empty list.' }
    : undefined;
};

/** @returns the first fault that the schema cannot find: zone, order and overlap of hours, repeated days and codes, the file */
export const validateCalendar = (calendar: BusinessCalendar): Fault | undefined => {
  const fault = validateWorkingTime(calendar);
  if (fault) return fault;
  const { calendars = [] } = calendar;
  for (const [index, named] of calendars.entries()) {
    const path = `calendars.${index}`;
    if (calendars.findIndex(({ code }) => code === named.code) < index)
      return { path: `${path}.code`, message: 'Another calendar has this code; choose another one.' };
    if (named.for.length === 0)
      return {
        path: `${path}.for`,
        message: 'for must list at least one condition on the leads that use this calendar.',
      };
    const wrong = validateWorkingTime(named);
    if (wrong) return { ...wrong, path: `${path}.${wrong.path}` };
  }
  return undefined;
};

const validateWorkingTime = (calendar: WorkingTime): Fault | undefined => {
  const { timeZone, hours, days = [], holidayFile, holidayRules = [] } = calendar;
  if (!IANAZone.isValidZone(timeZone))
    return { path: 'timeZone', message: 'timeZone must be an IANA time zone, such as Europe/Berlin.' };
  const fault = validateHours(hours);
  if (fault) return fault;
  for (const [index, { day: single, hours: open }] of days.entries()) {
    if (days.findIndex((other) => other.day === single) < index)
      return { path: `days.${index}.day`, message: 'This day is listed twice; list each day once.' };
    const wrong = validateSpans(open, `days.${index}.hours`);
    if (wrong) return wrong;
  }
  for (const [index, { day: means, hours: open = [] }] of holidayRules.entries()) {
    const path = `holidayRules.${index}.hours`;
    if ((means === 'open') !== open.length > 0)
      return {
        path,
        message:
          means === 'open'
            ? 'A rule with day `open` needs hours.'
            : 'Only a rule with day `open` has hours; remove them.',
      };
    const wrong = validateSpans(open, path);
    if (wrong) return wrong;
  }
  if (holidayFile === undefined)
    return holidayRules.length > 0
      ? {
          path: 'holidayRules',
          message: 'holidayRules apply to the events of holidayFile; add holidayFile, or remove the rules.',
        }
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
const dayNumberOf = (iso: string): number => Date.parse(`${iso}T00:00:00.000Z`) / DAY_MS;

/**
 * The days of a valid calendar whose hours differ from their weekdays, by the number of days since 1970-01-01. Single days
 * override holidays, and holidays override the holiday file.
 */
export const specialDays = (calendar: WorkingTime): ReadonlyMap<number, SpecialDay> => {
  const { timeZone, holidays = [], days = [], holidayFile } = calendar;
  const read = holidayFile === undefined ? undefined : specialDaysOf(holidayFile, timeZone, eventRulesOf(calendar));
  const special = new Map<number, SpecialDay>(read && !isFault(read) ? read : []);
  for (const holiday of holidays) special.set(dayNumberOf(holiday), { closedHours: ALL_DAY });
  for (const { day: single, hours } of days)
    special.set(
      dayNumberOf(single),
      hours.length === 0 ? { closedHours: ALL_DAY } : { hours: hoursOfDay(hours), closedHours: [] },
    );
  return special;
};
