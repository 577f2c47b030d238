import { DAY_MS, wordKey, MoneySums, tidy, toMs, type Instant, type MoneySum } from '@baton/kernel';
import type { CreditedJourney } from '../conversions/crediting.rules';

/** A group of journeys: the number that converted, the number that did not, and the value of the conversions. */
export interface Outcomes {
  readonly conversions: number;
  /** Lost deals; null if failures are not recorded for this kind of conversion. */
  readonly nonConversions: number | null;
  /** One sum for every currency of the report, by code; [] without amounts. */
  readonly revenue: readonly MoneySum[];
}
export interface PathReport {
  /** The most frequent paths: by conversions, then non-conversions, then name. A path without steps had no touch. */
  readonly paths: readonly ({ readonly channels: readonly string[] } & Outcomes)[];
  /** The paths that are not listed: their number and their sums. */
  readonly others: { readonly paths: number } & Outcomes;
  readonly total: Outcomes;
  /** By the number of steps of the path. */
  readonly lengths: readonly ({ readonly steps: number } & Outcomes)[];
  /** By whole days from the first touch to the end; without journeys that have no touch. */
  readonly lags: readonly ({ readonly days: number } & Outcomes)[];
}

interface OutcomeSum {
  conversions: number;
  nonConversions: number;
  readonly revenue: MoneySums;
}
const noOutcomes = (): OutcomeSum => ({ conversions: 0, nonConversions: 0, revenue: new MoneySums() });
const sumAt = <K>(sums: Map<K, OutcomeSum>, key: K): OutcomeSum => {
  let sum = sums.get(key);
  if (!sum) sums.set(key, (sum = noOutcomes()));
  return sum;
};

/**
 * Sums journeys by their path of channels, its length and its duration.
 * @param collapse count consecutive touches of one channel as one step
 * @param failures whether non-conversions are recorded for this kind of conversion
 * @returns `add` takes a journey that ended at an instant; `report` returns the `top` paths and the histograms
 */
export const pathsOf = ({ collapse, failures }: { readonly collapse: boolean; readonly failures: boolean }) => {
  const paths = new Map<string, OutcomeSum & { channels: readonly string[] }>();
  const lengths = new Map<number, OutcomeSum>();
  const lags = new Map<number, OutcomeSum>();
  const total = noOutcomes();

  const add = ({ eligible, amount }: CreditedJourney, endedAt: Instant, converted: boolean): void => {
    const all = eligible.map(({ touch }) => tidy(touch.channel));
    const isNew = (channel: string, index: number) => index === 0 || wordKey(channel) !== wordKey(all[index - 1]!);
    const channels = collapse ? all.filter(isNew) : all;
    const name = JSON.stringify(channels.map(wordKey)); // channels may contain any separator
    let path = paths.get(name);
    if (!path) paths.set(name, (path = { channels, ...noOutcomes() }));
    // Of several spellings the first in sort order, so that the order of journeys is irrelevant.
    path.channels = path.channels.map((known, step) => (channels[step]! < known ? channels[step]! : known));
    const sums = [total, path, sumAt(lengths, channels.length)];
    if (eligible.length > 0)
      sums.push(sumAt(lags, Math.floor((toMs(endedAt) - toMs(eligible[0]!.touch.occurredAt)) / DAY_MS)));
    for (const sum of sums) {
      if (!converted) sum.nonConversions++;
      else {
        sum.conversions++;
        sum.revenue.add(amount);
      }
    }
  };

  const report = (top: number): PathReport => {
    const { currencies } = total.revenue;
    const outcomes = ({ conversions, nonConversions, revenue }: OutcomeSum): Outcomes => ({
      conversions,
      nonConversions: failures ? nonConversions : null,
      revenue: revenue.list(currencies),
    });
    const ranked = [...paths].sort(
      ([nameA, a], [nameB, b]) =>
        b.conversions - a.conversions || b.nonConversions - a.nonConversions || (nameA < nameB ? -1 : 1),
    );
    const rest = noOutcomes();
    for (const [, { conversions, nonConversions, revenue }] of ranked.slice(top)) {
      rest.conversions += conversions;
      rest.nonConversions += nonConversions;
      rest.revenue.addAll(revenue.list());
    }
    const sorted = (sums: ReadonlyMap<number, OutcomeSum>) => [...sums].sort(([a], [b]) => a - b);
    return {
      paths: ranked.slice(0, top).map(([, path]) => ({ channels: path.channels, ...outcomes(path) })),
      others: { paths: Math.max(0, ranked.length - top), ...outcomes(rest) },
      total: outcomes(total),
      lengths: sorted(lengths).map(([steps, sum]) => ({ steps, ...outcomes(sum) })),
      lags: sorted(lags).map(([days, sum]) => ({ days, ...outcomes(sum) })),
    };
  };
  return { add, report };
};
