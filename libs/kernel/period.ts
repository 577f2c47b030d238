import { Refused } from './errors';
import {
  boundOf,
  dayOf,
  FIRST_INSTANT,
  LAST_INSTANT,
  nextDay,
  startOfDay,
  zoneOf,
  type Day,
  type Instant,
} from './time';

/** The period arguments of a report. */
export interface PeriodArgs {
  /** From this day or instant on; without it, from the beginning. */
  readonly from?: string | null | undefined;
  /** Up to, and without, this day or instant; without it, to the end of the log. */
  readonly to?: string | null | undefined;
  /** IANA zone of days and months; UTC by default. */
  readonly timeZone?: string | null | undefined;
}

/** A period [from, to). Open ends are before and after every event. */
export interface Period {
  readonly from: Instant;
  readonly to: Instant;
  readonly timeZone: string;
}

export const BEGINNING: Instant = FIRST_INSTANT;
export const END: Instant = LAST_INSTANT;

/** The given ends of a period. */
export interface Bounds {
  readonly from?: Instant;
  readonly to?: Instant;
}

/**
 * Parses the ends of a period. A day is its first instant in the zone; an instant carries its own offset.
 * @returns only the ends that were given
 * @throws Refused `time/unknown-zone`, `time/empty-period`, and as `boundOf`, each with its path
 */
export const boundsOf = (args: PeriodArgs): Bounds => {
  const zone = zoneOf(args.timeZone);
  const from = args.from ? boundOf(args.from, zone, 'from') : undefined;
  const to = args.to ? boundOf(args.to, zone, 'to') : undefined;
  if (from !== undefined && to !== undefined && from >= to)
    throw new Refused('time/empty-period', 'to must be later than from; to is exclusive.', 'to');
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
};

/** Parses a period; open ends are before and after every event. @throws Refused as `boundsOf` */
export const periodOf = (args: PeriodArgs): Period => ({
  from: BEGINNING,
  to: END,
  ...boundsOf(args),
  timeZone: zoneOf(args.timeZone),
});

/** A range of whole days of a zone, both ends included. */
export interface Days {
  readonly from: Day;
  /** The last day; it counts to its end. */
  readonly to: Day;
  readonly timeZone: string;
}

/**
 * The period of some days: from the first instant of the first day up to, and without, the first after the last one.
 * @throws Refused `time/unknown-zone`, `time/not-a-day`, `time/out-of-range`, `time/empty-period`
 */
export const periodOfDays = ({ from, to, timeZone }: Days): Period => {
  const zone = zoneOf(timeZone);
  const first = startOfDay(dayOf(from, 'from'), zone);
  const after = startOfDay(nextDay(dayOf(to, 'to')), zone);
  if (first >= after)
    throw new Refused('time/empty-period', 'to must not be before from; to is the last day of the period.', 'to');
  return { from: first, to: after, timeZone: zone };
};
