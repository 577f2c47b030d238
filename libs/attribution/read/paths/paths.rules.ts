import { DAY_MS, field, MoneySums, objectFields, tidy, wordKey, type ObjectOf } from '@baton/kernel';
import { methodFields } from '../attribution/attribution.rules';
import { OUTSIDE, outsideField } from '../attribution/window.rules';
import { conversionKinds } from '../conversions/conversions.rules';
import type { CreditedJourney } from '../conversions/crediting.rules';

const outcomeFields = {
  conversions: field.integer('Journeys that converted.'),
  nonConversions: field.integer(
    'Journeys that ended without it: deals lost. Null for conversions whose failures are not recorded.',
    { nullable: true },
  ),
  revenue: field.money('Of won deals, one sum a currency; none without amounts.', { list: true }),
} as const;
type Outcomes = ObjectOf<typeof outcomeFields>;
const sumFields = {
  paths: field.object(
    objectFields('ConversionPath', 'One path, and how its journeys ended.', {
      ...outcomeFields,
      channels: field.text('Its channels, oldest first; none for journeys without a touch in the window.', {
        list: true,
      }),
    }),
    'The most frequent: by conversions, then non-conversions, then name.',
    { list: true },
  ),
  others: field.object(
    objectFields('OtherPaths', 'The paths that are not named.', {
      ...outcomeFields,
      paths: field.integer('How many paths.'),
    }),
    'All others together.',
  ),
  total: field.object(objectFields('PathOutcomes', 'How journeys ended.', outcomeFields), 'All journeys.'),
  lengths: field.object(
    objectFields('PathLength', 'Journeys of one length.', {
      ...outcomeFields,
      steps: field.integer('How many steps.'),
    }),
    'By length, shortest first.',
    { list: true },
  ),
  lags: field.object(
    objectFields('TimeLag', 'Journeys that took equally long.', {
      ...outcomeFields,
      days: field.integer('Whole days from the first touch to the end.'),
    }),
    'By time from the first touch to the end, of journeys with a touch.',
    { list: true },
  ),
} as const;
type PathSums = ObjectOf<typeof sumFields>;

export const pathsAnswer = objectFields('Paths', 'The paths that led to conversions.', {
  conversion: field.enum(conversionKinds, 'What they led to.'),
  ...methodFields,
  lookback: field.text('The window before the end in which touches count, `P90D`, or `none`.'),
  outsideWindow: outsideField(`${OUTSIDE} Credit by equal shares.`),
  ...sumFields,
});
export type PathsReport = ObjectOf<typeof pathsAnswer.fields>;

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
 * @returns `add` takes a journey that ended at an instant in milliseconds; `report` returns the `top` paths and the histograms
 */
export const pathsOf = ({ collapse, failures }: { readonly collapse: boolean; readonly failures: boolean }) => {
  const paths = new Map<string, OutcomeSum & { channels: readonly string[] }>();
  const lengths = new Map<number, OutcomeSum>();
  const lags = new Map<number, OutcomeSum>();
  const total = noOutcomes();

  const add = (
    { eligible, amount, firstAt }: Omit<CreditedJourney, 'outside'>,
    endedAt: number,
    converted: boolean,
  ): void => {
    const all = eligible.map(({ touch }) => tidy(touch.channel));
    const isNew = (channel: string, index: number) => index === 0 || wordKey(channel) !== wordKey(all[index - 1]!);
    const channels = collapse ? all.filter(isNew) : all;
    const name = JSON.stringify(channels.map(wordKey)); // channels may contain any separator
    let path = paths.get(name);
    if (!path) paths.set(name, (path = { channels, ...noOutcomes() }));
    // Of several spellings the first in sort order, so that the order of journeys is irrelevant.
    path.channels = path.channels.map((known, step) => (channels[step]! < known ? channels[step]! : known));
    const sums = [total, path, sumAt(lengths, channels.length)];
    if (eligible.length > 0) sums.push(sumAt(lags, Math.floor((endedAt - firstAt) / DAY_MS)));
    for (const sum of sums) {
      if (!converted) sum.nonConversions++;
      else {
        sum.conversions++;
        sum.revenue.add(amount);
      }
    }
  };

  const report = (top: number): PathSums => {
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
