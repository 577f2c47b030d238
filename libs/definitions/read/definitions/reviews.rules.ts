import { dayAt, dayAfter, type Day, type Instant } from '@baton/kernel';
import { inForceAt, type InForcePeriod } from '../../write/definition/versions.rules';

/**
 * The versions in force at an instant whose review is due within so many days, the earliest review day first; those that
 * are overdue are among them. With 0 days: today or before; with -1 the overdue ones alone.
 * @param versions of all kinds, in any order
 * @param zone IANA zone in which it is today
 */
export const dueWithin = <V extends InForcePeriod & { readonly kind: string; readonly reviewBy: Day }>(
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
