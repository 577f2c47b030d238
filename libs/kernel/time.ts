import { DateTime, Duration } from 'luxon';
import { Refused } from './errors';

/** ISO 8601 in UTC with milliseconds, `2024-01-17T10:00:00.000Z`. Strings of this form sort as time does. */
export type Instant = string;
/** A calendar day, `2024-01-17`. */
export type Day = string;

export const DAY_MS = 86_400_000;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Is this text an instant in the one form that Baton stores? */
export const isInstant = (text: string): text is Instant => {
  if (!INSTANT.test(text)) return false;
  const ms = Date.parse(text);
  return ms === ms && new Date(ms).toISOString() === text;
};

/** Is this text an existing calendar day? */
export const isDay = (text: string): text is Day =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && isInstant(`${text}T00:00:00.000Z`);

export const toMs = (instant: Instant): number => Date.parse(instant);
export const fromMs = (ms: number): Instant => new Date(ms).toISOString();

/**
 * Reads an ISO 8601 instant with any offset and gives the stored form.
 * @throws Refused `time/not-an-instant` when the text has no zone or is no date
 */
export const instantOf = (text: string, path = ''): Instant => {
  const parsed = DateTime.fromISO(text, { setZone: true });
  if (!parsed.isValid || !/(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text.trim()))
    throw new Refused('time/not-an-instant', 'Give an ISO 8601 instant with its zone, 2024-01-17T10:00:00Z.', path);
  return fromMs(parsed.toMillis());
};

/**
 * An ISO 8601 duration in milliseconds; a day is 24 hours, a week 7 days. Months and years have no fixed length.
 * @throws Refused `time/not-a-duration`
 */
export const durationMs = (text: string, path = ''): number => {
  const parsed = Duration.fromISO(text);
  const { years, months, quarters } = parsed.isValid ? parsed : { years: 0, months: 0, quarters: 0 };
  if (!parsed.isValid || years || months || quarters)
    throw new Refused('time/not-a-duration', 'Give weeks, days or smaller units in ISO 8601: P90D, PT36H.', path);
  return parsed.toMillis();
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
