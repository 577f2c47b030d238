/**
 * A quantile, interpolated linearly between neighbours (Hyndman and Fan type 7; the median of an even count is the mean
 * of the middle two).
 * @param sorted ascending, at least one
 * @param share 0…1
 */
export const quantile = (sorted: readonly number[], share: number): number => {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const value = sorted[below]!;
  return value + ((sorted[below + 1] ?? value) - value) * (place - below);
};
