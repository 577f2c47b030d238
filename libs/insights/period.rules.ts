import { DateTime } from 'luxon';
import { BEGINNING, END, fromMs, monthEdges, monthOf, Refused, toMs, type Instant, type Period } from '@baton/kernel';

/** A named part of a period. */
export interface MonthPeriod {
  readonly key: string;
  readonly from: Instant;
  readonly to: Instant;
}

const MAX_MONTHS = 1200;

/**
 * The calendar months that a period touches, each cut to the period, oldest first. An open end becomes the given
 * instant, that of the first or last event; without these instants there are no months.
 * @throws Refused `insights/too-many-months` above 1200
 */
export const monthsOf = ({ from, to, timeZone }: Period, first?: Instant, last?: Instant): MonthPeriod[] => {
  const begin = from === BEGINNING ? first : from;
  const end = to === END ? last && fromMs(toMs(last) + 1) : to;
  if (begin === undefined || end === undefined || begin >= end) return [];
  const zone = { zone: timeZone };
  if (DateTime.fromISO(end, zone).diff(DateTime.fromISO(begin, zone), 'months').months > MAX_MONTHS)
    throw new Refused(
      'insights/too-many-months',
      `The period is too long; it can have at most ${MAX_MONTHS} months.`,
      'from',
    );
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
