import { dayAt, dayAfter, type Day, type Instant } from '@baton/kernel';
import { inForceAt, type InForcePeriod } from '../../write/definition/versions.rules';

/**
 * The versions in force at an instant whose review day is at most `days` days away, earliest first; overdue ones are
 * included. 0 means due today or overdue, -1 overdue only.
 * @param versions of all kinds, in any order
 * @param zone IANA time zone of the current day
 */
export const reviewsDueWithin = <V extends InForcePeriod & { readonly kind: string; readonly reviewBy: Day }>(
  versions: readonly V[],
  at: Instant,
  days: number,
  zone = 'UTC',
): V[] =>
  [...new Set(versions.map(({ kind }) => kind))]
    .flatMap(
      (kind) =>
        inForceAt(
          versions.filter((version) => version.kind === kind),
          at,
        ) ?? [],
    )
    .filter(({ reviewBy }) => reviewBy <= dayAfter(dayAt(at, zone), days))
    .sort((a, b) => (a.reviewBy === b.reviewBy ? (a.kind < b.kind ? -1 : 1) : a.reviewBy < b.reviewBy ? -1 : 1));
