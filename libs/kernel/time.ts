import { DateTime, Duration } from 'luxon';
import { Refused } from './errors';

/** ISO 8601 in UTC with milliseconds, `2024-01-17T10:00:00.000Z`. Strings of this form sort as time does. */
export type Instant = string;
/** A calendar day, `2024-01-17`. */
export type Day = string;

export const DAY_MS = 86_400_000;

/**
 * The bounds of time, for whatever comes in (commands, queries, files, definitions) and whatever is computed from it.
 * What lies outside is a slip of the pen or an empty cell that some program took for a date.
 */
export const FIRST_DAY: Day = '1900-01-01';
export const LAST_DAY: Day = '2200-12-31';
export const FIRST_INSTANT: Instant = `${FIRST_DAY}T00:00:00.000Z`;
export const LAST_INSTANT: Instant = `${LAST_DAY}T23:59:59.999Z`;
/** Nothing that is recorded happened before it … */
export const FIRST_OCCURRENCE: Instant = '1990-01-01T00:00:00.000Z';
/** … nor later than now, but for clocks that do not agree. */
const CLOCKS_DIFFER_MS = 5 * 60_000;
/** What programs make of a date that is not there. */
const EMPTY_DATE: Instant = '1970-01-01T00:00:00.000Z';
const [FIRST_MS, LAST_MS] = [Date.parse(FIRST_INSTANT), Date.parse(LAST_INSTANT)];
/** No period that people agree on is longer: a hundred years. */
const LONGEST_MS = 36_525 * DAY_MS;

const STORED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** Clocks of the world stand at most so far from UTC (Kiribati); offsets beyond it are slips. */
export const LONGEST_OFFSET_MINUTES = 14 * 60;
const GIVEN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?[0-5]\d)?)$/i;

/** Is this text an instant of 1900 to 2200 in the one form that Baton stores? */
export const isInstant = (text: string): text is Instant => {
  if (text < FIRST_INSTANT || text > LAST_INSTANT || !STORED.test(text)) return false;
  const ms = Date.parse(text);
  return ms === ms && new Date(ms).toISOString() === text;
};

/** Is this text an existing calendar day of 1900 to 2200? */
export const isDay = (text: string): text is Day =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && isInstant(`${text}T00:00:00.000Z`);

export const toMs = (instant: Instant): number => Date.parse(instant);
/**
 * The instant of some milliseconds since 1970. What lies before 1900 or after 2200 is drawn in to the nearest instant
 * that can be stored: a due time beyond it is as good as never, and no sum of dates may stop a decision.
 * @throws RangeError for what is no number
 */
export const fromMs = (ms: number): Instant => new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();

/**
 * Reads an ISO 8601 instant with its offset and gives the stored form.
 * @throws Refused `time/not-an-instant` when the text has no offset or is no date, `time/out-of-range` outside 1900 to
 *   2200
 */
export const instantOf = (text: string, path = ''): Instant => {
  const parsed = DateTime.fromISO(text, { setZone: true });
  const ms = parsed.toMillis();
  if (!GIVEN.test(text) || !parsed.isValid || Math.abs(parsed.offset) > LONGEST_OFFSET_MINUTES)
    throw new Refused('time/not-an-instant', 'Give an ISO 8601 instant with its offset, 2024-01-17T10:00:00Z.', path);
  if (ms < FIRST_MS || ms > LAST_MS) throw outOfRange(path);
  return fromMs(ms);
};
const outOfRange = (path: string): Refused =>
  new Refused('time/out-of-range', `Give a date from ${FIRST_DAY} to ${LAST_DAY}.`, path);

/**
 * Reads a calendar day.
 * @throws Refused `time/not-a-day`, `time/out-of-range` outside 1900 to 2200
 */
export const dayOf = (text: string, path = ''): Day => {
  if (isDay(text)) return text;
  const exists = /^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'UTC' }).isValid;
  throw exists ? outOfRange(path) : new Refused('time/not-a-day', 'Give a calendar day such as 2024-01-17.', path);
};

/**
 * Can a caller say, at `now`, that something happened then?
 * @returns the refusal `command/bad-time`, `command/empty-date`, `command/too-early` or `command/in-the-future`
 */
export const occurrenceFault = (occurredAt: Instant, now: Instant): Refused | undefined => {
  const fault = (code: string, message: string) => new Refused(`command/${code}`, message, 'occurredAt');
  if (!isInstant(occurredAt))
    return fault('bad-time', 'occurredAt must be an ISO 8601 instant with its offset, 2024-01-17T10:00:00Z.');
  if (occurredAt === EMPTY_DATE)
    return fault(
      'empty-date',
      'occurredAt is 1970-01-01T00:00:00Z, which is what an empty date becomes: leave it out.',
    );
  if (occurredAt < FIRST_OCCURRENCE) return fault('too-early', 'occurredAt must be in 1990 or later.');
  if (toMs(occurredAt) > toMs(now) + CLOCKS_DIFFER_MS)
    return fault('in-the-future', 'occurredAt must not be later than now; five minutes are allowed for.');
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
    throw new Refused('time/not-a-duration', 'Give weeks, days or smaller units in ISO 8601: P90D, PT36H.', path);
  const ms = parsed.toMillis();
  if (ms < 0 || ms > LONGEST_MS)
    throw new Refused('time/not-a-duration', 'Give a duration of at most 36525 days, and not below zero.', path);
  return ms;
};

/** The instant at which a calendar day begins in an IANA zone. */
export const startOfDay = (day: Day, zone = 'UTC'): Instant => fromMs(DateTime.fromISO(day, { zone }).toMillis());

/** The calendar month of an instant in an IANA zone, `2024-01`. */
export const monthOf = (instant: Instant, zone = 'UTC'): string =>
  zone === 'UTC' ? instant.slice(0, 7) : DateTime.fromISO(instant, { zone }).toFormat('yyyy-MM');

/** The first instants of all months that touch [from, to), and the first one after, in an IANA zone. */
export const monthEdges = (from: Instant, to: Instant, zone = 'UTC'): Instant[] => {
  const edges: Instant[] = [];
  for (let month = DateTime.fromISO(from, { zone }).startOf('month'); ; month = month.plus({ months: 1 })) {
    edges.push(fromMs(month.toMillis()));
    if (fromMs(month.toMillis()) >= to) return edges;
  }
};
