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

const clockTime = (description: string) => text(description, { pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$' });

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

/** A content line without its name: parameters as written, and the value. */
interface Line {
  readonly name: string;
  readonly parameters: string;
  readonly value: string;
}
const lineOf = (text: string): Line | undefined => {
  const [, name, parameters, value] = /^([A-Za-z0-9-]+)((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)$/s.exec(text) ?? [];
  return name === undefined
    ? undefined
    : { name: name.toUpperCase(), parameters: parameters!.toUpperCase(), value: value! };
};
const fault = (line: number, message: string): Fault => ({ path: String(line), message: `Line ${line}: ${message}` });

const dayMs = (value: string): number | undefined => {
  const ms = /^\d{8}$/.test(value) ? Date.parse(`${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}`) : NaN;
  // A date such as 20240230 is either no date or another one.
  return Number.isNaN(ms) || isoDay(ms).replaceAll('-', '') !== value ? undefined : ms;
};
const isoDay = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

/**
 * Reads the closed days of an iCalendar file: one for each day of every all-day event, DTEND excluded.
 * Strict, so that no holiday is lost in silence: an event with a clock time, a repetition or without a start is a fault.
 * Cancelled events do not count. Alarms and time zones inside the file are passed over.
 * @returns the days in order, each once; or the fault with the number of its line
 * Source: RFC 5545, 3.1 (folded lines), 3.6.1 (VEVENT).
 */
export const holidaysOf = (file: string): readonly Day[] | Fault => {
  const days = new Set<Day>();
  const open: string[] = [];
  let event: { start?: number; end?: number; cancelled: boolean; line: number } | undefined;
  const lines = unfolded(file);
  if (lines[0]?.text.toUpperCase() !== 'BEGIN:VCALENDAR')
    return fault(1, 'An iCalendar file begins with BEGIN:VCALENDAR.');
  for (const { text, number } of lines) {
    const line = lineOf(text);
    if (!line) return fault(number, 'This is no iCalendar line.');
    const { name, parameters, value } = line;
    if (name === 'BEGIN') {
      open.push(value.toUpperCase());
      if (open.at(-1) === 'VEVENT') event = { cancelled: false, line: number };
    } else if (name === 'END') {
      if (open.pop() !== value.toUpperCase()) return fault(number, `${value} ends here and did not begin.`);
      if (value.toUpperCase() !== 'VEVENT' || !event) continue;
      const { start, end = (start ?? 0) + DAY_MS, cancelled, line: begun } = event;
      event = undefined;
      if (start === undefined) return fault(begun, 'This event has no DTSTART.');
      if (end <= start) return fault(begun, 'This event ends before it begins.');
      if (end - start > LONGEST_HOLIDAY_DAYS * DAY_MS) return fault(begun, 'A holiday lasts at most a year.');
      if (!cancelled) for (let ms = start; ms < end; ms += DAY_MS) days.add(isoDay(ms));
    } else if (event && open.at(-1) === 'VEVENT') {
      if (name === 'RRULE' || name === 'RDATE' || name === 'DURATION')
        return fault(number, `${name} is not read; list each day as an event of its own.`);
      if (name === 'STATUS') event.cancelled = value.toUpperCase() === 'CANCELLED';
      if (name !== 'DTSTART' && name !== 'DTEND') continue;
      const ms = /;VALUE=DATE-TIME/.test(parameters) ? undefined : dayMs(value);
      if (ms === undefined) return fault(number, `${name} is not the date of a whole day, 20241225.`);
      event[name === 'DTSTART' ? 'start' : 'end'] = ms;
    }
  }
  if (open.length > 0) return fault(lines.at(-1)!.number, `${open.at(-1)!} has no end.`);
  return [...days].sort();
};

/** Joins lines that were folded by a leading blank; empty ones at the end are left out. */
const unfolded = (file: string): { readonly text: string; readonly number: number }[] => {
  const lines: { text: string; number: number }[] = [];
  for (const [index, text] of file
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r\n|\n|\r/)
    .entries())
    if (/^[ \t]/.test(text) && lines.length > 0) lines.at(-1)!.text += text.slice(1);
    else lines.push({ text, number: index + 1 });
  return lines;
};
