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

/** What a report is asked about: days and months follow the time zone. */
export interface PeriodArgs {
  /** From this day or instant on; without it, from the beginning. */
  readonly from?: string | null | undefined;
  /** Up to, and without, this day or instant; without it, to the end of the log. */
  readonly to?: string | null | undefined;
  /** IANA zone of days and months; UTC by default. */
  readonly timeZone?: string | null | undefined;
}

/** A period as figures use it: [from, to), open ends reach beyond every event. */
export interface Period {
  readonly from: Instant;
  readonly to: Instant;
  readonly timeZone: string;
}

export const BEGINNING: Instant = FIRST_INSTANT;
export const END: Instant = LAST_INSTANT;

/** The ends of a period that were given. */
export interface Bounds {
  readonly from?: Instant;
  readonly to?: Instant;
}

/**
 * Reads the ends of a period: a day is the first instant of that day in the zone, instants carry their own offset.
 * @returns only the ends that were given
 * @throws Refused `time/unknown-zone`, `time/empty-period`, and as `boundOf`, each with its path
 */
export const boundsOf = (args: PeriodArgs): Bounds => {
  const zone = zoneOf(args.timeZone);
  const from = args.from ? boundOf(args.from, zone, 'from') : undefined;
  const to = args.to ? boundOf(args.to, zone, 'to') : undefined;
  if (from !== undefined && to !== undefined && from >= to)
    throw new Refused('time/empty-period', 'The period ends when it begins, or before; `to` is exclusive.', 'to');
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
};

/** Reads a period whose open ends reach beyond every event. @throws Refused as `boundsOf` */
export const periodOf = (args: PeriodArgs): Period => ({
  from: BEGINNING,
  to: END,
  ...boundsOf(args),
  timeZone: zoneOf(args.timeZone),
});

/** Whole days of a zone, both included: what is written down for good names its days and whose days they are. */
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
    throw new Refused('time/empty-period', 'The period has no day; `to` is its last one, and counts to its end.', 'to');
  return { from: first, to: after, timeZone: zone };
};
