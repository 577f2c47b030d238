import ICAL from 'ical.js';
import { DateTime, IANAZone } from 'luxon';
import { DAY_MS, type Fault } from '@baton/kernel';
import { matcher } from './channel.rules';
import { occurrencesOf, unsupportedPartOf, WorkLimit, type DayNumber, type Recurrence } from './recurrence.rules';

/** Hours of one day, in milliseconds of local time after its midnight; sorted, without overlap. */
export type Hours = readonly (readonly [from: number, to: number])[];
export const ALL_DAY: Hours = [[0, DAY_MS]];

/** A day whose hours differ from those of its weekday. */
export interface SpecialDay {
  /** Working hours instead of those of the weekday. */
  readonly hours?: Hours;
  /** Hours in which it is closed, whatever the working hours. */
  readonly closedHours: Hours;
}

/** The effect of a holiday event on its days: none, closed, or open in the given hours. */
export type EventMeaning = 'as-usual' | 'closed' | Hours;
/** The fields of an event that a rule can test. */
export const eventFields = ['summary', 'description', 'categories', 'status', 'transp', 'location'] as const;
export interface EventRule {
  readonly when: { readonly [F in (typeof eventFields)[number]]?: string };
  readonly meaning: EventMeaning;
}

/** Recurrence rules without an end are expanded up to this day. */
const LAST_DAY: DayNumber = Date.UTC(2100, 11, 31) / DAY_MS;
const FIRST_YEAR = 1900;
const MAX_EVENT_MS = 366 * DAY_MS;
/** More days than a century has: a file that names more is certainly wrong. */
const MAX_DAYS = 40_000;
/** How many days the recurrence rules of a file may examine; takes a few hundred milliseconds. */
const MAX_DAYS_EXAMINED = 3_000_000;

/** Why an event of a holiday file cannot be read; the message follows the name of the event. */
class HolidayEventError extends Error {}

/** Local time as if it were UTC, in milliseconds. */
type WallMs = number;
const isMidnight = (ms: WallMs): boolean => ms % DAY_MS === 0;

/** The zone of an event's times: an IANA zone, one that the file describes, or none (floating times and whole days). */
type Zone = { readonly iana: string } | { readonly described: ICAL.Timezone } | undefined;

const wallTimeInZone = (instant: number, zone: string): WallMs =>
  instant + IANAZone.create(zone).offset(instant) * 60_000;

const zoneOf = (property: ICAL.Property, calendar: ICAL.Component): Zone => {
  const value = property.getFirstValue();
  if (value instanceof ICAL.Time && value.zone === ICAL.Timezone.utcTimezone) return { iana: 'UTC' };
  const tzid = property.getFirstParameter('tzid') as string | undefined;
  if (tzid === undefined) return undefined;
  if (IANAZone.isValidZone(tzid)) return { iana: tzid };
  const component = calendar.getAllSubcomponents('vtimezone').find((one) => one.getFirstPropertyValue('tzid') === tzid);
  if (!component)
    throw new HolidayEventError(`its time zone ${tzid.slice(0, 50)} is neither an IANA zone nor described in the file`);
  return { described: new ICAL.Timezone({ component, tzid }) };
};

const wallTimeOf = (time: ICAL.Time): WallMs => {
  const { year, month, day, hour, minute, second } = time;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  // ical.js turns a date such as 2024-02-30 into another one.
  if (!(year >= FIRST_YEAR && year <= 2200) || date.getUTCDate() !== day || hour > 23)
    throw new HolidayEventError(`${time.toString()} is not a date from ${FIRST_YEAR} to 2200`);
  return ms;
};

/** Converts wall-clock time from the zone of an event to that of the calendar. */
const toCalendarWallTime = (ms: WallMs, zone: Zone, ours: string): WallMs => {
  if (!zone) return ms;
  if ('iana' in zone) {
    if (zone.iana === ours) return ms;
    const there = DateTime.fromMillis(ms, { zone: 'UTC' }).setZone(zone.iana, { keepLocalTime: true });
    return wallTimeInZone(there.toMillis(), ours);
  }
  const time = ICAL.Time.fromJSDate(new Date(ms), true);
  time.zone = zone.described;
  return wallTimeInZone(ms - zone.described.utcOffset(time) * 1000, ours);
};

interface EventSpan {
  /** In the zone of the event. */
  readonly start: WallMs;
  readonly length: number;
  readonly zone: Zone;
}

const singleProperty = (event: ICAL.Component, name: string): ICAL.Property | undefined => {
  const [property, second] = event.getAllProperties(name);
  if (second) throw new HolidayEventError(`it has ${name.toUpperCase()} twice`);
  return property;
};
/** The days or times of a property; a value that ical.js reads as another day than is written is refused. */
const timesOf = (property: ICAL.Property): readonly ICAL.Time[] => {
  const written = (property.toJSON() as unknown[]).slice(3);
  return property.getValues().map((value: unknown, index) => {
    const name = property.name.toUpperCase();
    if (!(value instanceof ICAL.Time)) throw new HolidayEventError(`${name} is not a date or time`);
    if (value.toString() !== written[index])
      throw new HolidayEventError(`${name} ${String(written[index])} is not a date of the calendar`);
    return value;
  });
};
const timeOf = (property: ICAL.Property): ICAL.Time => {
  const [time, second] = timesOf(property);
  if (!time || second) throw new HolidayEventError(`${property.name.toUpperCase()} must be one date or time`);
  return time;
};

/** Files write the end of a day as 23:59, 23:59:59 or the midnight after it. */
const roundEndOfDay = (end: WallMs): WallMs =>
  end % DAY_MS >= DAY_MS - 60_000 ? Math.ceil(end / DAY_MS) * DAY_MS : end;

const eventSpanOf = (event: ICAL.Component, calendar: ICAL.Component, ours: string): EventSpan => {
  const begins = singleProperty(event, 'dtstart');
  if (!begins) throw new HolidayEventError('it has no DTSTART');
  const first = timeOf(begins);
  const zone = zoneOf(begins, calendar);
  const start = wallTimeOf(first);
  const ends = singleProperty(event, 'dtend');
  const duration = singleProperty(event, 'duration')?.getFirstValue();
  let end = start;
  if (ends) {
    const endZone = zoneOf(ends, calendar);
    const same = JSON.stringify(endZone) === JSON.stringify(zone);
    end = roundEndOfDay(wallTimeOf(timeOf(ends)));
    // An end in another zone is converted to that of the start through the zone of the calendar.
    if (!same) end = start + toCalendarWallTime(end, endZone, ours) - toCalendarWallTime(start, zone, ours);
  } else if (duration instanceof ICAL.Duration) end = start + duration.toSeconds() * 1000;
  // Without an end, a whole day lasts a day; so does an event that starts at midnight.
  else if (first.isDate || isMidnight(start)) end = start + DAY_MS;
  if (end <= start) throw new HolidayEventError('it ends before it begins, or has no length');
  if (end - start > MAX_EVENT_MS) throw new HolidayEventError('it lasts longer than a year');
  if (first.isDate && (end - start) % DAY_MS !== 0) throw new HolidayEventError('it does not last whole days');
  return { start, length: end - start, zone };
};

const recurrenceOf = (event: ICAL.Component): Recurrence | undefined => {
  const property = singleProperty(event, 'rrule');
  if (event.hasProperty('exrule'))
    throw new HolidayEventError('EXRULE is not supported; list the excluded days as EXDATE');
  const rule = property?.getFirstValue();
  if (!rule) return undefined;
  if (!(rule instanceof ICAL.Recur)) throw new HolidayEventError('RRULE is not a recurrence rule');
  const { freq, interval, count, until, parts, wkst } = rule;
  const read: Recurrence = {
    ...{ freq, interval, count, parts, weekStart: (wkst + 5) % 7 }, // ical.js counts from Sunday, 1
    ...(until && { until: Math.floor(wallTimeOf(until) / DAY_MS) }),
  };
  const unread = unsupportedPartOf(read);
  if (unread) throw new HolidayEventError(unread);
  return read;
};

/** The days of a list of exceptions, in the zone of the event. */
const exceptionDaysOf = (
  event: ICAL.Component,
  name: string,
  calendar: ICAL.Component,
  { zone }: EventSpan,
): DayNumber[] =>
  event.getAllProperties(name).flatMap((property) =>
    timesOf(property).map((value) => {
      const theirs = zoneOf(property, calendar);
      const named = zone && 'iana' in zone ? zone.iana : undefined;
      const wall =
        named && theirs && JSON.stringify(theirs) !== JSON.stringify(zone)
          ? toCalendarWallTime(wallTimeOf(value), theirs, named)
          : wallTimeOf(value);
      return Math.floor(wall / DAY_MS);
    }),
  );

const isCancelled = (event: ICAL.Component): boolean =>
  String(event.getFirstPropertyValue('status')).toUpperCase() === 'CANCELLED';

const meaningOf = (rules: readonly EventRule[]): ((event: ICAL.Component) => EventMeaning) => {
  const compiled = rules.map(({ when, meaning }) => ({
    meaning,
    tests: Object.entries(when).map(([field, wanted]) => ({ field, holds: matcher(wanted) })),
  }));
  return (event) =>
    compiled.find(({ tests }) =>
      tests.every(({ field, holds }) => {
        const values = event.getAllProperties(field).flatMap((property) => property.getValues().map(String));
        return values.length === 0 ? holds(undefined) : values.some(holds);
      }),
    )?.meaning ?? 'closed';
};

/** The hours that two lists have in common. */
const intersection = (one: Hours, other: Hours): Hours =>
  one.flatMap(([a, b]) =>
    other.map(([c, d]) => [Math.max(a, c), Math.min(b, d)] as const).filter(([from, to]) => from < to),
  );

const lineOf = (file: string, index: number): number => {
  const at = [...file.matchAll(/^BEGIN:VEVENT[ \t]*\r?$/gim)][index]?.index ?? 0;
  return file.slice(0, at).split('\n').length;
};

const parseCalendars = (text: string): readonly ICAL.Component[] | string => {
  const none = 'holidayFile must hold one or more calendars, each from BEGIN:VCALENDAR to END:VCALENDAR.';
  try {
    // For several calendars in one file ical.js returns a list; its error messages quote the line.
    const read = ICAL.parse(text) as unknown as unknown[];
    const all = typeof read[0] === 'string' ? [read] : (read as unknown[][]);
    if (all.length === 0 || all.some(([name]) => name !== 'vcalendar')) return none;
    return all.map((each) => new ICAL.Component(each as never));
  } catch (error) {
    return `holidayFile is not an iCalendar file: ${(error as Error).message.slice(0, 200)}`;
  }
};

/** An event of a file, with the calendar that it is part of. */
interface FileEvent {
  readonly event: ICAL.Component;
  readonly calendar: ICAL.Component;
}

/** ical.js lets a stray END close any open component and ignores what follows, so the lines are counted. */
const unbalancedLines = (text: string, events: readonly FileEvent[]): string | undefined => {
  const word = ['BEGIN', 'END'].find(
    (each) => [...text.matchAll(new RegExp(`^${each}:VEVENT[ \\t]*\\r?$`, 'gim'))].length !== events.length,
  );
  return (
    word &&
    `holidayFile has ${events.length} complete event(s), but a different number of ${word}:VEVENT lines; check that each BEGIN has its END.`
  );
};

/** Collects the special days that the events of a file make, in the zone of the calendar. */
class SpecialDays {
  readonly days = new Map<DayNumber, { hours?: Hours; closedHours: (readonly [number, number])[] }>();
  private added = 0;

  constructor(private readonly timeZone: string) {}

  /** @throws HolidayEventError if the file has too many days */
  cover({ start, length, zone }: EventSpan, means: EventMeaning): void {
    if (means === 'as-usual') return;
    const whole = isMidnight(start) && length % DAY_MS === 0;
    const utcToo = zone && 'iana' in zone && zone.iana === 'UTC';
    const [from, to] = [
      toCalendarWallTime(start, zone, this.timeZone),
      toCalendarWallTime(start + length, zone, this.timeZone),
    ].map(roundEndOfDay);
    // A day begins at midnight of the event's own zone, or of the calendar's for times in UTC.
    const own = whole && !(utcToo && isMidnight(from!) && isMidnight(to!));
    const [first, last] = own ? [start, start + length] : [from!, to!];
    for (let day = Math.floor(first / DAY_MS); day * DAY_MS < last; day++)
      this.add(day, Math.max(0, first - day * DAY_MS), Math.min(DAY_MS, last - day * DAY_MS), means);
  }

  private add(day: DayNumber, from: number, to: number, means: EventMeaning): void {
    if (++this.added > MAX_DAYS) throw new HolidayEventError(`the file names more than ${MAX_DAYS} days up to here`);
    const known = this.days.get(day) ?? { closedHours: [] };
    if (means === 'closed') known.closedHours.push([from, to]);
    else known.hours = known.hours ? intersection(known.hours, means as Hours) : (means as Hours);
    this.days.set(day, known);
  }
}

/** The occurrences of series that other events of the file move or cancel. */
class MovedDays {
  private readonly bySeries = new Map<string, Set<DayNumber>>();

  constructor(
    private readonly calendars: readonly ICAL.Component[],
    private readonly events: readonly FileEvent[],
    private readonly timeZone: string,
  ) {}

  of(entry: FileEvent): ReadonlySet<DayNumber> {
    return this.bySeries.get(this.seriesOf(entry)) ?? new Set();
  }

  /** Adds the day that an event with RECURRENCE-ID moves or cancels. @throws HolidayEventError */
  add(entry: FileEvent): void {
    const { event, calendar } = entry;
    const id = singleProperty(event, 'recurrence-id');
    if (!id) return;
    if (!event.hasProperty('uid'))
      throw new HolidayEventError('an event with RECURRENCE-ID needs the UID of its series');
    if (id.getFirstParameter('range'))
      throw new HolidayEventError('RANGE of a RECURRENCE-ID is not supported; move each day on its own');
    const series = this.seriesOf(entry);
    const master = this.events.find(
      (other) => !other.event.hasProperty('recurrence-id') && this.seriesOf(other) === series,
    );
    const { event: dated, calendar: within } = master ?? entry;
    const [day] = exceptionDaysOf(event, 'recurrence-id', calendar, eventSpanOf(dated, within, this.timeZone));
    const known = this.bySeries.get(series) ?? new Set<DayNumber>();
    this.bySeries.set(series, known.add(day!));
  }

  private seriesOf({ event, calendar }: FileEvent): string {
    return `${this.calendars.indexOf(calendar)} ${String(event.getFirstPropertyValue('uid'))}`;
  }
}

/**
 * The first days (in the zone of the event) of the occurrences of an event or series, without the moved ones.
 * @throws HolidayEventError
 */
const firstDaysOf = (
  { event, calendar }: FileEvent,
  span: EventSpan,
  moved: ReadonlySet<DayNumber>,
  limit: WorkLimit,
): DayNumber[] => {
  const start = Math.floor(span.start / DAY_MS);
  const rule = recurrenceOf(event);
  const days = rule ? occurrencesOf(rule, start, LAST_DAY, limit) : [start];
  if (!days)
    throw new HolidayEventError(
      'the recurrence rules of the file take too long to expand; end them with UNTIL or COUNT',
    );
  if (days.length === 0) throw new HolidayEventError('its recurrence rule matches no day');
  const excluded = new Set([...exceptionDaysOf(event, 'exdate', calendar, span), ...moved]);
  return [...new Set([...days, ...exceptionDaysOf(event, 'rdate', calendar, span)])].filter(
    (day) => !excluded.has(day),
  );
};

/**
 * Reads on which days an iCalendar file changes the hours, and how.
 *
 * An event covers whole days if it is written as dates, or as times from midnight to midnight (or 23:59), in its own
 * zone or the calendar's; other events close the hours between their times. Repetitions are expanded up to 2100, with
 * RDATE, EXDATE and single occurrences moved or cancelled by RECURRENCE-ID. Cancelled events do not count. Strict, so
 * that no holiday is lost silently: anything not understood is a fault. If a day has several events, the one that
 * closes most wins.
 * @param timeZone IANA zone of the calendar
 * @param rules    what events mean; the first matching rule decides, an event without one closes its days
 * @returns the special days; or the fault, which names the event by its number, line and summary
 * Source: RFC 5545, 3.6.1 (VEVENT), 3.8.4.4 (RECURRENCE-ID) and 3.8.5 (repetition), read by ical.js.
 */
export const specialDaysOf = (
  file: string,
  timeZone: string,
  rules: readonly EventRule[] = [],
): ReadonlyMap<DayNumber, SpecialDay> | Fault => {
  const fault = (message: string): Fault => ({ path: '', message });
  const text = file.replace(/^\uFEFF/, '').trim();
  const calendars = parseCalendars(text);
  if (typeof calendars === 'string') return fault(calendars);
  const events = calendars.flatMap((calendar): FileEvent[] =>
    calendar.getAllSubcomponents('vevent').map((event) => ({ event, calendar })),
  );
  const unbalanced = unbalancedLines(text, events);
  if (unbalanced) return fault(unbalanced);

  const meaning = meaningOf(rules);
  const limit = new WorkLimit(MAX_DAYS_EXAMINED);
  const moved = new MovedDays(calendars, events, timeZone);
  const special = new SpecialDays(timeZone);
  const addEvent = (entry: FileEvent): void => {
    const { event, calendar } = entry;
    if (isCancelled(event)) return;
    const span = eventSpanOf(event, calendar, timeZone);
    const means = meaning(event);
    if (event.hasProperty('recurrence-id')) {
      recurrenceOf(event); // checked, although the event is a single occurrence
      return special.cover(span, means);
    }
    const dayOffset = span.start - Math.floor(span.start / DAY_MS) * DAY_MS;
    for (const day of firstDaysOf(entry, span, moved.of(entry), limit))
      special.cover({ ...span, start: day * DAY_MS + dayOffset }, means);
  };
  // All moved days must be known before the series are expanded.
  for (const read of [(entry: FileEvent) => moved.add(entry), addEvent])
    for (const [index, entry] of events.entries()) {
      try {
        read(entry);
      } catch (error) {
        const name = entry.event.getFirstPropertyValue('summary');
        const which = `Event ${index + 1} (line ${lineOf(text, index)}${typeof name === 'string' ? `, ${name.slice(0, 50)}` : ''})`;
        return fault(`${which}: ${error instanceof HolidayEventError ? error.message : 'its values cannot be read'}.`);
      }
    }
  return special.days;
};
