import { LRUCache } from 'lru-cache';
import { DateTime, Duration, IANAZone } from 'luxon';
import { Refused } from './errors';

/** ISO 8601 in UTC with milliseconds, `2024-01-17T10:00:00.000Z`. Strings of this form sort as time does. */
export type Instant = string;
/** A calendar day, `2024-01-17`. */
export type Day = string;

export const DAY_MS = 86_400_000;

/**
 * The range of instants, for input (commands, queries, files, definitions) and for everything computed from it.
 * Anything outside is a typing error, or an empty cell that a program read as a date.
 */
export const FIRST_DAY: Day = '1900-01-01';
export const LAST_DAY: Day = '2200-12-31';
export const FIRST_INSTANT: Instant = `${FIRST_DAY}T00:00:00.000Z`;
export const LAST_INSTANT: Instant = `${LAST_DAY}T23:59:59.999Z`;
/** Recorded events cannot have happened earlier … */
export const FIRST_OCCURRENCE: Instant = '1990-01-01T00:00:00.000Z';
/** … nor later than now, with this tolerance for clocks that differ. */
const CLOCKS_DIFFER_MS = 5 * 60_000;
/** The date that programs often write for an empty one. */
const EMPTY_DATE: Instant = '1970-01-01T00:00:00.000Z';
const [FIRST_MS, LAST_MS] = [Date.parse(FIRST_INSTANT), Date.parse(LAST_INSTANT)];
/** The longest duration: a hundred years. */
const LONGEST_MS = 36_525 * DAY_MS;

const STORED_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** The largest UTC offset in use (Kiribati); larger ones are errors. */
export const LONGEST_OFFSET_MINUTES = 14 * 60;
const ISO_WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?[0-5]\d)?)$/i;

/** The later of two instants. */
export const laterOf = (a: Instant, b: Instant): Instant => (a > b ? a : b);

/** True if the text is an instant from 1900 to 2200 in the stored form. */
export const isInstant = (text: string): text is Instant => {
  if (text < FIRST_INSTANT || text > LAST_INSTANT || !STORED_FORM.test(text)) return false;
  const ms = Date.parse(text);
  return ms === ms && new Date(ms).toISOString() === text;
};

/** True if the text is an existing calendar day from 1900 to 2200. */
export const isDay = (text: string): text is Day =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && isInstant(`${text}T00:00:00.000Z`);

export const toMs = (instant: Instant): number => Date.parse(instant);

const digits = (text: string, from: number, to: number): number => {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
};
/** By month: days of a year before it, March first, so that a leap day is the last. */
const DAYS_BEFORE = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
/** Days from 1970 to 1 March of year 0. */
const DAYS_TO_YEAR_ZERO = 719_468;

/** `toMs` of an instant in the stored form, several times as fast: for millions of them. */
export const storedToMs = (instant: Instant): number => {
  const month = digits(instant, 5, 7);
  const year = digits(instant, 0, 4) - (month < 3 ? 1 : 0);
  const days =
    year * 365 +
    Math.floor(year / 4) -
    Math.floor(year / 100) +
    Math.floor(year / 400) +
    DAYS_BEFORE[month - 1]! +
    digits(instant, 8, 10) -
    1 -
    DAYS_TO_YEAR_ZERO;
  const seconds = digits(instant, 11, 13) * 3600 + digits(instant, 14, 16) * 60 + digits(instant, 17, 19);
  return days * DAY_MS + seconds * 1000 + digits(instant, 20, 23);
};
/**
 * The instant of milliseconds since 1970. Values before 1900 or after 2200 become the nearest storable instant, because
 * date arithmetic must not stop a decision, and nothing falls due after 2200.
 * @throws RangeError for NaN
 */
export const fromMs = (ms: number): Instant => new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();

/**
 * Parses an ISO 8601 instant with offset into the stored form.
 * @throws Refused `time/not-an-instant` if the text has no offset or is not a date, `time/out-of-range` outside 1900 to
 *   2200
 */
export const instantOf = (text: string, path = ''): Instant => {
  const parsed = DateTime.fromISO(text, { setZone: true });
  const ms = parsed.toMillis();
  if (!ISO_WITH_OFFSET.test(text) || !parsed.isValid || Math.abs(parsed.offset) > LONGEST_OFFSET_MINUTES)
    throw new Refused(
      'time/not-an-instant',
      `${named(path)} must be an ISO 8601 instant with an offset, such as 2024-01-17T10:00:00Z.`,
      path,
    );
  if (ms < FIRST_MS || ms > LAST_MS) throw outOfRange(path);
  return fromMs(ms);
};
/** The field as the caller wrote it, or "The value" if there is no path. */
const named = (path: string): string => path || 'The value';
const outOfRange = (path: string): Refused =>
  new Refused('time/out-of-range', `${named(path)} must be between ${FIRST_DAY} and ${LAST_DAY}.`, path);

/**
 * Reads a calendar day.
 * @throws Refused `time/not-a-day`, `time/out-of-range` outside 1900 to 2200
 */
export const dayOf = (text: string, path = ''): Day => {
  if (isDay(text)) return text;
  const exists = /^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'UTC' }).isValid;
  throw exists
    ? outOfRange(path)
    : new Refused('time/not-a-day', `${named(path)} must be a calendar day, such as 2024-01-17.`, path);
};

/**
 * Checks whether a caller can report, at `now`, that something happened at `occurredAt`.
 * @returns the refusal `command/bad-time`, `command/empty-date`, `command/too-early` or `command/in-the-future`
 */
export const occurrenceFault = (occurredAt: Instant, now: Instant): Refused | undefined => {
  const fault = (code: string, message: string) => new Refused(`command/${code}`, message, 'occurredAt');
  if (!isInstant(occurredAt))
    return fault('bad-time', 'occurredAt must be an ISO 8601 instant with an offset, such as 2024-01-17T10:00:00Z.');
  if (occurredAt === EMPTY_DATE)
    return fault(
      'empty-date',
      'occurredAt is 1970-01-01T00:00:00Z, which usually stands for an empty date; leave occurredAt out.',
    );
  if (occurredAt < FIRST_OCCURRENCE) return fault('too-early', 'occurredAt must be in 1990 or later.');
  if (toMs(occurredAt) > toMs(now) + CLOCKS_DIFFER_MS)
    return fault('in-the-future', 'occurredAt must not be more than five minutes in the future.');
  return undefined;
};

/**
 * An ISO 8601 duration in milliseconds, from nothing to a hundred years; a day is 24 hours, a week 7 days. Months and
 * years have no fixed length.
 * @throws Refused `time/not-a-duration`
 */
export const durationMs = (text: string, path = ''): number => {
  const parsed = Duration.fromISO(text);
  const { years, months, quarters } = parsed.isValid ? parsed : { years: 0, months: 0, quarters: 0 };
  if (!parsed.isValid || years || months || quarters)
    throw new Refused(
      'time/not-a-duration',
      `${named(path)} must be an ISO 8601 duration of weeks, days or smaller units, such as P90D or PT36H.`,
      path,
    );
  const ms = parsed.toMillis();
  if (ms < 0 || ms > LONGEST_MS)
    throw new Refused('time/not-a-duration', `${named(path)} must be a duration from 0 to 36525 days.`, path);
  return ms;
};

/** Zones that were valid: a check makes a formatter, which takes a quarter of a millisecond. */
const validZones = new LRUCache<string, true>({ max: 1_000 });

/**
 * Validates the IANA zone in which days and months begin; UTC by default.
 * @throws Refused `time/unknown-zone`
 */
export const zoneOf = (timeZone: string | null | undefined, path = 'timeZone'): string => {
  if (timeZone === undefined || timeZone === null) return 'UTC';
  if (validZones.get(timeZone)) return timeZone;
  if (IANAZone.isValidZone(timeZone)) {
    validZones.set(timeZone, true);
    return timeZone;
  }
  throw new Refused(
    'time/unknown-zone',
    `${named(path)} must be an IANA time zone such as Europe/Berlin, not "${timeZone}".`,
    path,
  );
};

/**
 * Parses an end of a period: a day is its first instant in the zone, an instant carries its own offset.
 * @throws Refused `time/not-a-day-or-instant`, `time/out-of-range`
 */
export const boundOf = (text: string, zone: string, path = ''): Instant => {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return startOfDay(dayOf(text, path), zone);
  if (ISO_WITH_OFFSET.test(text)) return instantOf(text, path);
  throw new Refused(
    'time/not-a-day-or-instant',
    `${named(path)} must be a day such as 2024-01-17, or an instant with an offset such as 2024-01-17T10:00:00Z.`,
    path,
  );
};

/**
 * Parses the instant of an as-of question: a day counts to its end in the zone, an instant carries its own offset.
 * @throws Refused `time/not-a-day-or-instant`, `time/out-of-range`
 */
export const asOfBoundOf = (text: string, zone: string, path = ''): Instant => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return boundOf(text, zone, path);
  const next = new Date(Date.parse(`${dayOf(text, path)}T00:00:00.000Z`) + DAY_MS).toISOString().slice(0, 10);
  return fromMs(toMs(startOfDay(next, zone)) - 1);
};

/** The local clock time of a zone, in milliseconds as if the zone were UTC. */
const localClockMs = (zone: IANAZone, ms: number): number => ms + Math.round(zone.offset(ms) * 60_000);

/**
 * The first instant of a calendar day in an IANA zone. If clocks show midnight twice, it is the first time; if they
 * skip midnight, the instant to which they skip. A day that a zone skipped entirely begins with the next day.
 */
export const startOfDay = (day: Day, zone = 'UTC'): Instant => {
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  if (zone === 'UTC') return fromMs(midnight);
  const clocks = IANAZone.create(zone);
  // No zone is further from UTC, and none changes its offset twice within two days.
  const offsets = [-1, 1].map((side) => Math.round(clocks.offset(midnight + side * DAY_MS) * 60_000));
  const shown = offsets.map((offset) => midnight - offset).filter((ms) => localClockMs(clocks, ms) === midnight);
  if (shown.length > 0) return fromMs(Math.min(...shown));
  let [before, after] = [midnight - Math.max(...offsets) - 1, midnight - Math.min(...offsets)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localClockMs(clocks, middle) < midnight) before = middle;
    else after = middle;
  }
  return fromMs(after);
};

/**
 * The calendar day of an instant in an IANA zone. If clocks go back over midnight, it is the new day, although the
 * clocks show the old one again.
 */
export const dayAt = (instant: Instant, zone = 'UTC'): Day => {
  if (zone === 'UTC') return instant.slice(0, 10);
  const shown = localClockMs(IANAZone.create(zone), toMs(instant));
  const day = new Date(shown).toISOString().slice(0, 10);
  if (new Date(shown).getUTCHours() < 21) return day; // clocks go back by three hours at most
  const next = nextDay(day);
  return startOfDay(next, zone) <= instant ? next : day;
};

/** The calendar day `days` later; earlier for negative numbers. */
export const dayAfter = (day: Day, days: number): Day =>
  new Date(Date.parse(`${day}T00:00:00.000Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** The day after a calendar day. */
export const nextDay = (day: Day): Day => dayAfter(day, 1);

/** The calendar month of an instant in an IANA zone, `2024-01`. */
export const monthOf = (instant: Instant, zone = 'UTC'): string => dayAt(instant, zone).slice(0, 7);

/** The first instant of a calendar month (1 to 12, or beyond: those of the years around) in an IANA zone. */
export const startOfMonth = (year: number, month: number, zone = 'UTC'): Instant =>
  startOfDay(new Date(Date.UTC(year, month - 1, 1)).toISOString().slice(0, 10), zone);

/** The first instants of all months that overlap [from, to), and the first one after, in an IANA zone. */
export const monthEdges = (from: Instant, to: Instant, zone = 'UTC'): Instant[] => {
  const [year, first] = monthOf(from, zone).split('-').map(Number) as [number, number];
  const edges: Instant[] = [];
  for (let month = first; ; month++) {
    const edge = startOfMonth(year, month, zone);
    edges.push(edge);
    if (edge >= to) return edges;
  }
};
