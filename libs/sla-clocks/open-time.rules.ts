import { DAY_MS } from '@baton/kernel';
import type { Calendar } from './calendar.rules';

/**
 * Counts the open time between two instants, for many of them: every day of a range is added up once.
 * @param from,to milliseconds since 1970, between which all instants lie
 * @returns the open milliseconds from one instant to a later one
 */
export const openTimeWithin = (
  calendar: Calendar,
  from: number,
  to: number,
): ((begin: number, end: number) => number) => {
  const first = Math.floor(from / DAY_MS);
  const days = Math.max(0, Math.floor(to / DAY_MS) - first + 1);
  const openOn = (day: number, until: number): number =>
    calendar
      .intervalsOf(day)
      .reduce((sum, one) => (one.kind === 'open' ? sum + Math.max(0, Math.min(one.to, until) - one.from) : sum), 0);
  const before = new Float64Array(days + 1);
  for (let day = 0; day < days; day++) before[day + 1] = before[day]! + openOn(first + day, Infinity);
  const upTo = (at: number): number => {
    const day = Math.floor(at / DAY_MS);
    return before[day - first]! + openOn(day, at);
  };
  return (begin, end) => upTo(end) - upTo(begin);
};
