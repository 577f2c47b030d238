import { Refused, splitExact } from '@baton/kernel';
import { interval95, resampler } from './data-driven-sampling.rules';
import { leaveChannelOut, leaveOneOut } from './leave-one-out.model';
import type { Transition } from './markov-counts.rules';
import { markov } from './markov.model';
import { distinct, type PathTable } from './path-table.rules';
import { shapley, shapleyOrdered, shapleySimplified } from './shapley.model';
import type { ModelOptions, Scores, DataDrivenModel } from './data-driven.rules';

/** Every data-driven model, in the order in which reports list them. */
export const dataDrivenModels: readonly DataDrivenModel[] = [
  markov,
  shapley,
  shapleySimplified,
  shapleyOrdered,
  leaveOneOut,
  leaveChannelOut,
];

/**
 * Below these numbers of journeys a channel has too little data: 30 journeys, or 5 converted or 5 not converted if the
 * table has both; the usual bounds for the normal approximation of a rate.
 */
export const MIN_JOURNEYS = { journeys: 30, outcomes: 5 } as const;

export interface DataDrivenRow {
  readonly key: string;
  /** From 1: the position in the journey, for the ordered form. */
  readonly position?: number;
  readonly conversions: number;
  readonly value: number;
  /** The part of all conversions that would be lost without the channel. */
  readonly removalEffect?: number;
  readonly removalEffectOnValue?: number;
  /** Journeys with the channel, and how many of them converted. */
  readonly support: { readonly journeys: number; readonly converted: number };
  /** Too few journeys for a reliable result; see `THIN`. */
  readonly tooThin: boolean;
  readonly standardError?: number;
  /** The 95 % interval of the credited conversions, from resampled tables. */
  readonly interval?: { readonly low: number; readonly high: number };
}
export interface DataDrivenReport {
  readonly model: string;
  /** By key, then position. */
  readonly rows: readonly DataDrivenRow[];
  readonly base?: number;
  /** The transition matrix of a Markov chain. */
  readonly transitions?: () => readonly Transition[];
  readonly warnings: readonly string[];
}

/** Journeys by channel; a journey counts once for each of its channels. */
const supportOf = (table: PathTable) => {
  const support = table.channels.names.map(() => ({ journeys: 0, converted: 0 }));
  for (const [steps, { conversions, nulls }] of table.entries())
    for (const channel of distinct(steps)) {
      support[channel]!.journeys += conversions + nulls;
      support[channel]!.converted += conversions;
    }
  return support;
};

/** @returns undefined if the code is not a data-driven model */
export const dataDrivenModel = (code: string): DataDrivenModel | undefined =>
  dataDrivenModels.find((model) => model.code === code);

/** Maximum number of resampled tables per report. */
export const MAX_RESAMPLES = 2000;

export interface ReportOptions extends ModelOptions {
  /** Number of resampled tables for the 95 % intervals; 0, the default: no intervals. */
  readonly bootstrap?: number;
  /** False: one row per key, even for the form with one row per position. */
  readonly byPlace?: boolean;
}

/**
 * Credits the conversions and the value of a table by a data-driven model.
 * @returns rows that sum to the table's conversions and value exactly (decimals of 15 places); channels without a
 *   journey are omitted
 * @throws Refused `attribution/unknown-order`, `attribution/not-converging`, `attribution/bootstrap-out-of-range`
 */
export const dataDrivenReport = (
  model: DataDrivenModel,
  given: PathTable,
  { bootstrap = 0, byPlace = true, ...settings }: ReportOptions = {},
): DataDrivenReport => {
  if (!Number.isInteger(bootstrap) || bootstrap < 0 || bootstrap > MAX_RESAMPLES)
    throw new Refused(
      'attribution/bootstrap-out-of-range',
      `bootstrap must be from 0 to ${MAX_RESAMPLES} resamples.`,
      'bootstrap',
    );
  const options = { ...settings, repeats: settings.repeats ?? model.repeats };
  const table = options.repeats === 'collapse-channels' ? given.collapsed() : given;
  const scores = model.score(table, options);
  const { names } = table.channels;
  const support = supportOf(table);
  const places = (byPlace && scores.places) || names.map((_, channel) => ({ channel, ...creditOf(scores, channel) }));
  const shown = places.filter(({ channel }) => support[channel]!.journeys > 0);
  const total = table.total();
  const conversionsOf = apportionCredit(
    total.conversions,
    shown.map(({ conversions }) => conversions),
  );
  const valueOf = apportionCredit(
    total.value,
    shown.map(({ value }) => value),
  );
  const intervals = bootstrap > 0 && table.size > 0 ? intervalsOf(model, table, { bootstrap, ...options }) : undefined;
  const bothOutcomes = total.nulls > 0;
  const rows = shown
    .map(({ channel, conversions: _, value: __, ...place }, index): DataDrivenRow => {
      const { journeys, converted } = support[channel]!;
      const [effect, onValue] = [scores.removalEffects?.[channel], scores.removalEffectsOnValue?.[channel]];
      const error = scores.standardErrors?.[channel];
      const position = 'position' in place ? (place.position as number) : undefined;
      return {
        key: names[channel]!,
        ...(position !== undefined && { position }),
        conversions: conversionsOf[index]!,
        value: valueOf[index]!,
        ...(effect !== undefined && { removalEffect: effect }),
        ...(onValue !== undefined && { removalEffectOnValue: onValue }),
        support: support[channel]!,
        tooThin:
          journeys < MIN_JOURNEYS.journeys ||
          converted < MIN_JOURNEYS.outcomes ||
          (bothOutcomes && journeys - converted < MIN_JOURNEYS.outcomes),
        ...(error !== undefined && { standardError: error }),
        ...(intervals && { interval: intervals(channel, position) }),
      };
    })
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : (a.position ?? 0) - (b.position ?? 0)));
  return {
    model: model.code,
    rows,
    ...(scores.base !== undefined && { base: scores.base }),
    ...(scores.transitions && { transitions: scores.transitions }),
    warnings: scores.note ? [scores.note] : [],
  };
};

/** Scales scores to decimals that sum to the total; all 0 if every score is 0. */
const apportionCredit = (total: number, scores: readonly number[]): readonly number[] => {
  const weights = scores.map((score) => Math.max(0, score)); // -1e-13 is a rounding error, not a weight
  return weights.some((weight) => weight > 0) ? splitExact(total, weights) : weights;
};

const creditOf = ({ conversions, value }: Scores, channel: number) => ({
  conversions: conversions[channel]!,
  value: value[channel]!,
});

const intervalsOf = (
  model: DataDrivenModel,
  table: PathTable,
  { bootstrap, seed = 1, ...options }: ModelOptions & { readonly bootstrap: number },
) => {
  const draw = resampler(table, seed);
  const scored = Array.from({ length: bootstrap }, () => {
    const { conversions, places } = model.score(draw(), { ...options, seed });
    return { conversions, places: new Map(places?.map((one) => [`${one.channel}/${one.position}`, one.conversions])) };
  });
  return (channel: number, position?: number) =>
    interval95(
      scored.map(({ conversions, places }) =>
        position === undefined ? conversions[channel]! : (places.get(`${channel}/${position}`) ?? 0),
      ),
    );
};
