import { DateTime, IANAZone } from 'luxon';
import {
  FIRST_INSTANT,
  fromMs,
  instantOf,
  isDay,
  LAST_INSTANT,
  monthEdges,
  monthOf,
  Refused,
  startOfDay,
  toMs,
  type Instant,
} from '@baton/kernel';

/** What a report is asked about: days and months follow the time zone. */
export interface PeriodArgs {
  /** From this day or instant on; without it, from the beginning. */
  readonly from?: string;
  /** Up to, and without, this day or instant; without it, to the end of the log. */
  readonly to?: string;
  /** IANA zone of days and months; UTC by default. */
  readonly timeZone?: string;
}

/** A period as figures use it: [from, to), open ends reach beyond every event. */
export interface Period {
  readonly from: Instant;
  readonly to: Instant;
  readonly timeZone: string;
}
/** A part of a period with its name. */
export interface Slice {
  readonly key: string;
  readonly from: Instant;
  readonly to: Instant;
}

export const BEGINNING: Instant = FIRST_INSTANT;
export const END: Instant = LAST_INSTANT;
const MOST_MONTHS = 1200;

/**
 * Reads a period: days begin at midnight in the zone, instants carry their own.
 * @throws Refused `insights/unknown-time-zone`, `insights/empty-period`, `time/not-an-instant`, each with its path
 */
export const periodOf = ({ from, to, timeZone = 'UTC' }: PeriodArgs): Period => {
  if (!IANAZone.isValidZone(timeZone))
    throw new Refused(
      'insights/unknown-time-zone',
      `"${timeZone}" is no IANA zone, such as Europe/Berlin.`,
      'timeZone',
    );
  const instant = (text: string, path: string) => (isDay(text) ? startOfDay(text, timeZone) : instantOf(text, path));
  const period = {
    from: from ? instant(from, 'from') : BEGINNING,
    to: to ? instant(to, 'to') : END,
    timeZone,
  };
  if (period.from >= period.to)
    throw new Refused('insights/empty-period', 'The period ends before it begins; `to` is exclusive.', 'to');
  return period;
};

/**
 * The calendar months that a period touches, each cut to the period, oldest first. Open ends are drawn in to the given
 * instants, the first and last that anything happened at; without these there are no months.
 * @throws Refused `insights/too-many-months` above 1200
 */
export const monthsOf = ({ from, to, timeZone }: Period, first?: Instant, last?: Instant): Slice[] => {
  const begin = from === BEGINNING ? first : from;
  const end = to === END ? last && fromMs(toMs(last) + 1) : to;
  if (begin === undefined || end === undefined || begin >= end) return [];
  const zone = { zone: timeZone };
  if (DateTime.fromISO(end, zone).diff(DateTime.fromISO(begin, zone), 'months').months > MOST_MONTHS)
    throw new Refused('insights/too-many-months', `Ask for at most ${MOST_MONTHS} months.`, 'from');
  const edges = monthEdges(begin, end, timeZone);
  return edges.slice(1).map((edge, index) => {
    const start = edges[index]!;
    return {
      key: monthOf(start, timeZone),
      from: start < begin ? begin : start,
      to: to !== END && edge > end ? end : edge,
    };
  });
};
