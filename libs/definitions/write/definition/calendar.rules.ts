import ICAL from 'ical.js';
import { IANAZone } from 'luxon';
import {
  DAY_MS,
  day,
  list,
  object,
  oneOf,
  optional,
  text,
  type Day,
  type Fault,
  type Json,
  type Static,
} from '@baton/kernel';

/** In the order of ISO weekdays. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const HOUR_MS = 3_600_000;
/** The shortest week that is worth a calendar: below it a deadline could lie beyond any planning. */
const SHORTEST_WEEK_MS = HOUR_MS;
const LONGEST_HOLIDAY_DAYS = 366;

const clockTime = (description: string) =>
  text(description, {
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$',
    says: 'a time of day from 00:00 to 24:00, such as 09:30',
  });

/** When people are at work: clocks of obligations count only these hours. */
export const businessCalendar = object({
  timeZone: text('IANA zone of the hours and holidays: America/New_York.', { max: 60 }),
  hours: list(
    object({
      days: list(oneOf(weekdays), 'On these days.', { max: 7 }),
      from: clockTime('Opens, 09:00.'),
      to: clockTime('Closes, 17:00; 24:00 is the end of the day.'),
    }),
    'Several a day are possible; none at all means that every day is closed, and clocks run on the wall.',
    { max: 100 },
  ),
  holidays: optional(list(day(), 'Closed days.')),
  holidayFile: optional(text('The text of an iCalendar file whose all-day events are closed days.', { max: 60_000 })),
});
export type BusinessCalendar = Static<typeof businessCalendar>;

/** Minutes after midnight of `09:30`. */
export const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** @returns what the schema cannot say: zone, order of hours, overlaps, a readable holiday file */
export const soundCalendar = (body: Json): Fault | undefined => {
  const { timeZone, hours, holidayFile } = body as BusinessCalendar;
  if (!IANAZone.isValidZone(timeZone)) return { path: 'timeZone', message: 'Give an IANA zone such as Europe/Berlin.' };
  let week = 0;
  for (const [index, { days, from, to }] of hours.entries()) {
    if (minuteOf(from) >= minuteOf(to)) return { path: `hours.${index}.to`, message: 'Close after opening.' };
    if (days.length === 0) return { path: `hours.${index}.days`, message: 'Name at least one day.' };
    week += new Set(days).size * (minuteOf(to) - minuteOf(from)) * 60_000;
    for (const [earlier, other] of hours.slice(0, index).entries())
      if (
        days.some((each) => other.days.includes(each)) &&
        minuteOf(from) < minuteOf(other.to) &&
        minuteOf(other.from) < minuteOf(to)
      )
        return { path: `hours.${index}`, message: `It overlaps with hours.${earlier}.` };
  }
  if (hours.length > 0 && week < SHORTEST_WEEK_MS)
    return { path: 'hours', message: 'Open at least one hour a week, or never.' };
  const read = holidayFile === undefined ? [] : holidaysOf(holidayFile);
  return Array.isArray(read) ? undefined : { path: 'holidayFile', message: (read as Fault).message };
};

const isoDay = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);
/** What is wrong with an event of a holiday file. */
class Unreadable extends Error {}

/** The parts of a yearly rule that ical.js counts as RFC 5545 does; others it takes for something else. */
const RULE_PARTS = ['BYMONTH', 'BYMONTHDAY', 'BYDAY'];
/** A rule without an end is written out up to here. */
const LAST_YEAR = 2100;

/** Midnight of the day that a property names, in UTC; undefined where it is absent. */
const dayOf = (event: ICAL.Component, name: string): number | undefined => {
  const [property, second] = event.getAllProperties(name);
  if (second) throw new Unreadable(`it has ${name} twice`);
  if (!property) return undefined;
  const value = String(property.toJSON()[3]);
  const ms = property.type === 'date' ? Date.parse(value) : NaN;
  // A date such as 2024-02-30 is either no date or another one.
  if (Number.isNaN(ms) || isoDay(ms) !== value)
    throw new Unreadable(`${name} is not the date of a whole day, VALUE=DATE:20241225`);
  return ms;
};

/** The first days of an event that comes back every year. */
const yearly = (event: ICAL.Component, start: number): readonly number[] => {
  const rule = event.getFirstPropertyValue('rrule');
  if (!(rule instanceof ICAL.Recur)) return [start];
  const { freq, interval, count, parts } = rule;
  const strange = Object.keys(parts).find((part) => !RULE_PARTS.includes(part));
  const days = (parts as { readonly BYDAY?: readonly string[] }).BYDAY ?? [];
  if (freq !== 'YEARLY' || strange || interval < 1 || count === 0)
    throw new Unreadable(`of repetitions only FREQ=YEARLY with ${RULE_PARTS.join(', ')} is read`);
  if (days.length > 0 && (!('BYMONTH' in parts) || days.some((day) => !/^([+-]?[1-5])?[A-Z]{2}$/.test(day))))
    throw new Unreadable('BYDAY needs BYMONTH, and the first to fifth of it');
  const months = (parts as { readonly BYMONTH?: readonly number[] }).BYMONTH ?? [new Date(start).getUTCMonth() + 1];
  const found: number[] = [];
  const iterator = rule.iterator(ICAL.Time.fromDateString(isoDay(start)));
  for (let next = iterator.next() as ICAL.Time | null; next && next.year <= LAST_YEAR; next = iterator.next())
    // ical.js takes 29 February for 1 March in common years; by the RFC that day is left out.
    if (months.includes(next.month)) found.push(Date.parse(next.toString()));
  if (found.length === 0) throw new Unreadable('its repetition names no day');
  return found;
};

const closedBy = (event: ICAL.Component): readonly number[] => {
  if (String(event.getFirstPropertyValue('status')).toUpperCase() === 'CANCELLED') return [];
  const start = dayOf(event, 'dtstart');
  if (start === undefined) throw new Unreadable('it has no DTSTART');
  const unread = ['rdate', 'exdate', 'exrule', 'recurrence-id'].find((name) => event.hasProperty(name));
  if (unread) throw new Unreadable(`${unread.toUpperCase()} is not read; list each day as an event of its own`);
  const duration = event.getFirstPropertyValue('duration');
  const lasts = duration instanceof ICAL.Duration ? duration.toSeconds() * 1000 : DAY_MS;
  const end = dayOf(event, 'dtend') ?? start + lasts;
  if (end <= start) throw new Unreadable('it ends before it begins');
  if (end - start > LONGEST_HOLIDAY_DAYS * DAY_MS) throw new Unreadable('a holiday lasts at most a year');
  const length = (end - start) / DAY_MS;
  if (!Number.isInteger(length)) throw new Unreadable('it does not last whole days');
  return yearly(event, start).flatMap((first) => Array.from({ length }, (_, day) => first + day * DAY_MS));
};

/**
 * Reads the closed days of an iCalendar file: one for each day of every all-day event, DTEND excluded; a yearly event is
 * written out up to 2100. Strict, so that no holiday is lost in silence: an event with a clock time, another repetition
 * or without a start is a fault. Cancelled events do not count. Alarms and time zones inside the file are passed over.
 * @returns the days in order, each once; or the fault, which names the event by its number and summary
 * Source: RFC 5545, 3.6.1 (VEVENT) and 3.3.10 (RECUR), read by ical.js.
 */
export const holidaysOf = (file: string): readonly Day[] | Fault => {
  const fault = (message: string): Fault => ({ path: '', message });
  let calendar: ICAL.Component;
  try {
    // Of several calendars in one file ical.js gives a list; its own faults quote the line.
    const read = ICAL.parse(file.replace(/^\uFEFF/, '').trim()) as unknown[];
    if (read[0] !== 'vcalendar') return fault('Give one calendar, from BEGIN:VCALENDAR to END:VCALENDAR.');
    calendar = new ICAL.Component(read as never);
  } catch (error) {
    return fault(`This is no iCalendar file: ${(error as Error).message.slice(0, 200)}`);
  }
  const days = new Set<Day>();
  const events = calendar.getAllSubcomponents('vevent');
  // ical.js takes a stray END for the end of whatever is open, and passes over what follows.
  for (const word of ['BEGIN', 'END'])
    if ([...file.matchAll(new RegExp(`^${word}:VEVENT\\s*$`, 'gim'))].length !== events.length)
      return fault(`It has ${events.length} whole event(s), and another number of lines ${word}:VEVENT.`);
  for (const [index, event] of events.entries())
    try {
      for (const ms of closedBy(event)) days.add(isoDay(ms));
    } catch (error) {
      const name = event.getFirstPropertyValue('summary');
      const which = `Event ${index + 1}${typeof name === 'string' ? ` (${name.slice(0, 50)})` : ''}`;
      return fault(`${which}: ${error instanceof Unreadable ? error.message : 'its values cannot be read'}.`);
    }
  return [...days].sort();
};
