import { allocateExact, MoneySums, Refused, toMs, wholeNumberOf, type Instant, type Money } from '@baton/kernel';
import { dataDrivenReport, type DataDrivenReport, type ReportOptions } from '../../models/data-driven.model';
import type { DataDrivenModel } from '@baton/attribution/models/data-driven.rules';
import { PathTable, type PathCounts, type Steps } from '../../models/path-table.rules';
import {
  applyMethod,
  MAX_TRANSITIONS,
  revenueOf,
  selectJourneyTouches,
  touchDimensions,
  dimensionValueOf,
  type AttributionAnswer,
  type AttributionReport,
  type Conversions,
  type Dimension,
  type Method,
  type TouchDimension,
} from '../attribution/attribution.rules';
import { OutsideWindowSum, touchesOutside } from '../attribution/window.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

const NOT_STATED = '\u0000'; // sorts first, as null does in every report

/** A path as a table takes it, and what came of it. */
export interface PathWithCounts extends PathCounts {
  readonly steps: readonly string[];
}

/** One person of touch-level data without deals. */
export interface Person {
  /** In any order; of the same instant as given. */
  readonly touches: readonly { readonly occurredAt: Instant; readonly channel: string }[];
  readonly conversions: readonly { readonly at: Instant; readonly value?: number }[];
}

/**
 * The paths of people without deals: to each conversion the touches within the look-back before it; of somebody who
 * never converted the touches within the look-back before the last touch, which lead to nothing.
 * @param lookbackMs both ends included; undefined: no limit
 * @returns no path where there is no touch in the window
 */
export const pathsOfPeople = (people: Iterable<Person>, lookbackMs?: number): readonly PathWithCounts[] => {
  const paths: PathWithCounts[] = [];
  for (const { touches, conversions } of people) {
    const ordered = [...touches].sort((a, b) =>
      a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,
    );
    const upTo = (end: Instant): readonly string[] =>
      ordered.flatMap(({ occurredAt, channel }) =>
        occurredAt <= end && (lookbackMs === undefined || toMs(occurredAt) >= toMs(end) - lookbackMs) ? [channel] : [],
      );
    const add = (steps: readonly string[], counts: PathCounts) => steps.length > 0 && paths.push({ steps, ...counts });
    for (const { at, value = 0 } of conversions) add(upTo(at), { conversions: 1, nulls: 0, value });
    const last = ordered.at(-1);
    if (conversions.length === 0 && last) add(upTo(last.occurredAt), { conversions: 0, nulls: 1, value: 0 });
  }
  return paths;
};

/**
 * A report of a data-driven model: what any report says, and what the model found. It credits no single touch: what the
 * look-back left out are the conversions of which it left no touch.
 */
export type DataDrivenAttribution = AttributionReport &
  Pick<DataDrivenReport, 'transitions'> &
  Required<Pick<AttributionReport, 'learntFrom'>>;

/** The report with its matrix, which is made when it is asked for. */
export const attributionAnswerOf = (report: AttributionReport | DataDrivenAttribution): AttributionAnswer => {
  const { transitions, ...rest } = { transitions: undefined, ...report };
  return transitions
    ? {
        ...rest,
        get transitions() {
          return [...transitions()].sort((a, b) => b.count - a.count).slice(0, MAX_TRANSITIONS);
        },
      }
    : rest;
};

const addTo = (worth: Map<string, Map<Steps, number>>, { minor, currency }: Money, steps: Steps): void => {
  const values = worth.get(currency) ?? new Map<Steps, number>();
  worth.set(currency, values);
  values.set(steps, (values.get(steps) ?? 0) + minor);
};

/**
 * Gathers the journeys of a period into a path table whose steps are the channels (or campaigns …) of the touches that
 * the method weighs: won journeys are conversions, all others led to nothing.
 * @returns `add` takes one journey; `report` credits what was gathered. Rows and `unattributed` sum to `total`:
 *   conversions (decimals of 15 places) and money, each currency for itself, exactly.
 * @throws Refused `attribution/not-of-a-touch` for a dimension of the deal; as `applied` and `dataDrivenReport`
 */
export const creditCollector = (by: Dimension, method: Method, conversions?: Conversions) => {
  if (!touchDimensions.includes(by as TouchDimension))
    throw new Refused(
      'attribution/not-of-a-touch',
      `by must be one of ${touchDimensions.join(', ')} for a data-driven model.`,
      'by',
    );
  const ready = applyMethod(method);
  const table = new PathTable();
  const learntFrom = { converted: 0, ended: 0, open: 0 };
  const revenue = new MoneySums();
  const without = { conversions: 0, revenue: new MoneySums() };
  /** What the conversions of a path are worth in each currency; a table has room for one. */
  const worth = new Map<string, Map<Steps, number>>();
  const outside = new OutsideWindowSum();
  let withoutAmount = 0;

  const add = (deal: JourneyDocument, outcome: 'won' | 'lost' | 'open'): void => {
    const path = selectJourneyTouches(deal, ready, conversions);
    const { eligible } = path.selection;
    outside.addTouches(touchesOutside(path).length);
    const steps = eligible.touches.map(
      (touch) => dimensionValueOf(by as TouchDimension, touch, ready.registered) ?? NOT_STATED,
    );
    const amount = outcome === 'won' ? revenueOf(deal) : undefined;
    if (outcome === 'won' && !amount) withoutAmount++;
    revenue.add(amount);
    if (steps.length === 0) {
      if (outcome === 'won') without.conversions++;
      if (outcome === 'won' && path.unwindowed && path.unwindowed.places.length > 0) outside.addConversion(amount);
      without.revenue.add(amount);
      return;
    }
    if (amount) addTo(worth, amount, table.stepsOf(steps));
    learntFrom[outcome === 'won' ? 'converted' : outcome === 'lost' ? 'ended' : 'open']++;
    const won = outcome === 'won' ? 1 : 0;
    table.add(steps, { conversions: won, nulls: 1 - won, value: 0 });
  };

  /** The table with what conversions are worth in one currency. */
  const tableIn = (currency: string): PathTable => {
    const valued = table.copy();
    for (const [steps, value] of worth.get(currency) ?? []) valued.put(steps, { conversions: 0, nulls: 0, value });
    return valued;
  };

  const report = (model: DataDrivenModel, options: ReportOptions = {}): DataDrivenAttribution => {
    const { currencies } = revenue;
    const reports = currencies.map((currency, index) =>
      // Conversions and their intervals are the same in all: they are resampled once.
      dataDrivenReport(model, tableIn(currency), index === 0 ? options : { ...options, bootstrap: 0 }),
    );
    const found = reports[0] ?? dataDrivenReport(model, table, options);
    const byCurrency = currencies.map((currency, place) => {
      const { rows } = reports[place]!;
      const attributed = revenue.of(currency) - without.revenue.of(currency);
      const values = rows.map(({ value }) => Math.max(0, value)); // -1e-13 is rounding, and no weight
      const parts = values.some((value) => value > 0) ? allocateExact(attributed, values) : values.map(() => 0n);
      return { currency, rows, parts };
    });
    const rows = found.rows.map(({ key, value: _, removalEffectOnValue: __, ...row }, index) => ({
      ...row,
      key: key === NOT_STATED ? null : key,
      revenue: byCurrency.map(({ currency, parts }) => ({ minor: wholeNumberOf(parts[index]!), currency })),
      ...(row.removalEffect !== undefined && {
        removalEffectsOnRevenue: byCurrency.map(({ currency, rows: ofCurrency }) => ({
          currency,
          effect: ofCurrency[index]!.removalEffectOnValue ?? 0,
        })),
      }),
    }));
    const conversions = learntFrom.converted + without.conversions;
    return {
      model: model.code,
      by,
      lookback: ready.lookback,
      definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
      rows,
      unattributed: { conversions: without.conversions, revenue: without.revenue.list(currencies) },
      total: { conversions, revenue: revenue.list() },
      outsideWindow: ready.unwindowed ? outside.sum(currencies) : null,
      ...(found.base !== undefined && { base: found.base }),
      ...(found.transitions && { transitions: found.transitions }),
      learntFrom,
      warnings: [
        ...(currencies.length > 0 && withoutAmount > 0
          ? [`${withoutAmount} of ${conversions} conversions have no amount`]
          : []),
        ...(learntFrom.converted > 0 && learntFrom.ended + learntFrom.open === 0
          ? ['no journey ended without the conversion: what does not convert was not learnt']
          : []),
        ...found.warnings,
      ],
    };
  };
  return { add, report, table };
};
