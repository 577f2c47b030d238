import { DAY_MS, quantile } from '@baton/kernel';

/** Distribution of durations, in days of 24 hours: exact values over all of them; null if there are none. */
export interface DurationStatistics {
  readonly medianDays: number | null;
  readonly p90Days: number | null;
  readonly meanDays: number | null;
}

/** Median, 90th percentile and mean of durations in milliseconds, all of them 0 or more. */
export const durationStatisticsOf = (durationsMs: readonly number[]): DurationStatistics => {
  if (durationsMs.length === 0) return { medianDays: null, p90Days: null, meanDays: null };
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  return {
    medianDays: quantile(sorted, 0.5) / DAY_MS,
    p90Days: quantile(sorted, 0.9) / DAY_MS,
    meanDays: mean / DAY_MS,
  };
};
