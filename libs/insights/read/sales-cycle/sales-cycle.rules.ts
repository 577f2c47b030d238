import { DAY_MS } from '@baton/kernel';

/** How durations spread, in days of 24 hours: exact values over all of them, no sketch; null over none. */
export interface Spread {
  readonly medianDays: number | null;
  readonly p90Days: number | null;
  readonly meanDays: number | null;
}

/**
 * The value below which a share of the sorted values lies, drawn straight between the two neighbours where it falls
 * between them (Hyndman and Fan's type 7; the median of an even count is the mean of the middle two).
 * @param sorted ascending, at least one; @param share 0…1
 */
export const quantile = (sorted: readonly number[], share: number): number => {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const value = sorted[below]!;
  return value + ((sorted[below + 1] ?? value) - value) * (place - below);
};

/** Median, 90th percentile and mean of durations in milliseconds; negative ones count. */
export const spreadOf = (durationsMs: readonly number[]): Spread => {
  if (durationsMs.length === 0) return { medianDays: null, p90Days: null, meanDays: null };
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  return {
    medianDays: quantile(sorted, 0.5) / DAY_MS,
    p90Days: quantile(sorted, 0.9) / DAY_MS,
    meanDays: mean / DAY_MS,
  };
};
