import type { Day, Instant } from '@baton/kernel';
import { inForceAt, type Tenure } from '../../write/definition/versions.rules';

/**
 * The versions in force at an instant whose review day lies before that instant's day (UTC), longest overdue first.
 * @param versions of all kinds, in any order
 */
export const overdueAt = <V extends Tenure & { readonly kind: string; readonly reviewBy: Day }>(
  versions: readonly V[],
  at: Instant,
): V[] =>
  [...new Set(versions.map(({ kind }) => kind))]
    .flatMap(
      (kind) =>
        inForceAt(
          versions.filter((version) => version.kind === kind),
          at,
        ) ?? [],
    )
    .filter(({ reviewBy }) => reviewBy < at.slice(0, 10))
    .sort((a, b) => (a.reviewBy === b.reviewBy ? (a.kind < b.kind ? -1 : 1) : a.reviewBy < b.reviewBy ? -1 : 1));
