import { allocate, Refused, toMs, type Instant, type Money } from '@baton/kernel';
import {
  dataDrivenReport,
  type DataDrivenModel,
  type DataDrivenReport,
  type DataDrivenRow,
  type ReportOptions,
} from '../../models/data-driven.model';
import { PathTable, type PathCounts, type PathSwitches } from '../../models/path-table.rules';
import {
  applied,
  revenueOf,
  selected,
  type AttributionReport,
  type Conversions,
  type Credited,
  type Dimension,
  type Method,
} from '../attribution/attribution.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** What the states of a data-driven model can be: something that each touch has. */
export const touchDimensions = ['channel', 'campaign', 'source', 'medium', 'content'] as const;
type TouchDimension = (typeof touchDimensions)[number];

const NOT_STATED = '\u0000'; // sorts first, as null does in every report

/** A path as a table takes it, and what came of it. */
export interface CountedPath extends PathCounts {
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
export const pathsOfPeople = (people: Iterable<Person>, lookbackMs?: number): readonly CountedPath[] => {
  const paths: CountedPath[] = [];
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

/** A report of a data-driven model: what any report says, and what the model found. */
export interface DataDrivenAttribution extends AttributionReport {
  readonly rows: readonly (AttributionReport['rows'][number] & Omit<DataDrivenRow, 'key' | 'conversions' | 'value'>)[];
  /** The chance to convert that a Markov chain reproduces. */
  readonly base?: number;
  readonly transitions?: DataDrivenReport['transitions'];
  /** What it learnt from: journeys with a touch that converted, that ended without, and that are open. */
  readonly learntFrom: { readonly converted: number; readonly ended: number; readonly open: number };
}

/**
 * Gathers the journeys of a period into a path table whose steps are the channels (or campaigns …) of the touches that
 * the method weighs: won journeys are conversions, all others led to nothing.
 * @returns `add` takes one journey; `report` credits what was gathered. Rows and `unattributed` sum to `total`:
 *   conversions to 1e-9 of them, money exactly.
 * @throws Refused `attribution/not-of-a-touch` for a dimension of the deal; as `applied` and `dataDrivenReport`
 */
export const gathering = (by: Dimension, method: Method, switches: PathSwitches = {}, conversions?: Conversions) => {
  if (!touchDimensions.includes(by as TouchDimension))
    throw new Refused('attribution/not-of-a-touch', `Ask a data-driven model by ${touchDimensions.join(', ')}.`, 'by');
  const ready = applied(method);
  const table = new PathTable(switches);
  const learntFrom = { converted: 0, ended: 0, open: 0 };
  const minors = new Map<string, number>();
  const without = { conversions: 0, minors: new Map<string, number>() };
  let withoutAmount = 0;
  const addTo = (sums: Map<string, number>, { minor, currency }: Money) =>
    sums.set(currency, (sums.get(currency) ?? 0) + minor);

  const add = (deal: JourneyDocument, outcome: 'won' | 'lost' | 'open'): void => {
    const { eligible } = selected(deal, ready, conversions).selection;
    const steps = eligible.touches.map((touch) => touch[by as TouchDimension] ?? NOT_STATED);
    const amount = outcome === 'won' ? revenueOf(deal) : undefined;
    if (outcome === 'won' && !amount) withoutAmount++;
    if (amount) addTo(minors, amount);
    if (steps.length === 0) {
      if (outcome === 'won') without.conversions++;
      if (amount) addTo(without.minors, amount);
      return;
    }
    learntFrom[outcome === 'won' ? 'converted' : outcome === 'lost' ? 'ended' : 'open']++;
    const won = outcome === 'won' ? 1 : 0;
    table.add(steps, { conversions: won, nulls: 1 - won, value: amount?.minor ?? 0 });
  };

  const report = (model: DataDrivenModel, options: ReportOptions = {}): DataDrivenAttribution => {
    const found = dataDrivenReport(model, table, options);
    const currencies = [...minors.keys()].sort();
    const [currency] = currencies.length === 1 ? currencies : [];
    const money = (minor: number): Money | null => (currency === undefined ? null : { minor, currency });
    const unattributed = (currency !== undefined && without.minors.get(currency)) || 0;
    const attributed = currency === undefined ? 0 : minors.get(currency)! - unattributed;
    const values = found.rows.map(({ value }) => Math.max(0, value)); // -1e-13 is rounding, and no weight
    const parts = values.some((value) => value > 0) ? allocate(attributed, values) : values;
    const all: Credited = {
      conversions: learntFrom.converted + without.conversions,
      revenue: money(attributed + unattributed),
    };
    return {
      model: model.code,
      by,
      lookback: ready.lookback,
      definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
      rows: found.rows.map(({ key, value: _, ...row }, index) => ({
        ...row,
        key: key === NOT_STATED ? null : key,
        revenue: money(parts[index]!),
      })),
      unattributed: { conversions: without.conversions, revenue: money(unattributed) },
      total: all,
      ...(found.base !== undefined && { base: found.base }),
      ...(found.transitions && { transitions: found.transitions }),
      learntFrom,
      warnings: [
        ...(currencies.length > 1
          ? [`revenue is left out: ${currencies.join(', ')} differ; ask for one currency`]
          : []),
        ...(currencies.length > 0 && withoutAmount > 0
          ? [`${withoutAmount} of ${all.conversions} conversions have no amount`]
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
