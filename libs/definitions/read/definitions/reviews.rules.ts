import { DAY_MS, fromMs, toMs, type Day, type Instant } from '@baton/kernel';
import { inForceAt, type InForcePeriod } from '../../write/definition/versions.rules';

/**
 * The versions in force at an instant whose review is due within so many days, the earliest review day first; those that
 * are overdue are among them. With 0 days: today (UTC) or before; with -1 the overdue ones alone.
 * @param versions of all kinds, in any order
 */
export const dueWithin = <V extends InForcePeriod & { readonly kind: string; readonly reviewBy: Day }>(
  versions: readonly V[],
  at: Instant,
  days: number,
): V[] =>
  [...new Set(versions.map(({ kind }) => kind))]
    .flatMap(
      (kind) =>
        inForceAt(
          versions.filter((version) => version.kind === kind),
          at,
        ) ?? [],
    )
    .filter(({ reviewBy }) => reviewBy <= fromMs(toMs(at) + days * DAY_MS).slice(0, 10))
    .sort((a, b) => (a.reviewBy === b.reviewBy ? (a.kind < b.kind ? -1 : 1) : a.reviewBy < b.reviewBy ? -1 : 1));
