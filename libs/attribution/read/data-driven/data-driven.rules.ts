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
  type AttributionMethod,
  type AttributionReport,
  type Conversions,
  type Dimension,
  type Method,
  type TouchDimension,
} from '../attribution/attribution.rules';
import { OutsideWindowSum, touchesOutside } from '../attribution/window.rules';
import { PackedOutside } from '../attribution/packed-outside.rules';
import type { JourneyColumns, LeadConversions } from '../journeys/journey-columns.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';
import { PackedPath } from '../journeys/packed-path.rules';
import type { ClassifiedKind } from '../journeys/touch-kinds.rules';

const NOT_STATED = '\u0000'; // sorts first, as null does in every report

/** A path for a path table, and its result. */
export interface PathWithCounts extends PathCounts {
  readonly steps: readonly string[];
}

/** The touches and conversions of one person, for data without deals. */
export interface Person {
  /** In any order; touches of the same instant keep the given order. */
  readonly touches: readonly { readonly occurredAt: Instant; readonly channel: string }[];
  readonly conversions: readonly { readonly at: Instant; readonly value?: number }[];
}

/**
 * The paths of people without deals: for each conversion the touches within the look-back before it; for a person
 * without a conversion the touches within the look-back before the last touch, without a result.
 * @param lookbackMs both ends included; undefined: no limit
 * @returns no path if there is no touch in the window
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
 * The report of a data-driven model: that of any model, and the findings of the model. It credits no single touch: the
 * look-back left out the conversions that have no touch within it.
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

/**
 * Collects the journeys of a period in a path table whose steps are the channels (or campaigns …) of the touches that
 * the method weighs: won journeys are conversions, all others are not.
 * Rows and `unattributed` of a report sum to `total`: conversions (decimals of 15 places) and money, per currency,
 * exactly.
 * @throws Refused `attribution/not-of-a-touch` for a dimension of the deal; as `applied` and `dataDrivenReport`
 */
export class CreditCollector {
  readonly ready: AttributionMethod;
  private readonly table = new PathTable();
  private readonly learntFrom = { converted: 0, ended: 0, open: 0 };
  private readonly revenue = new MoneySums();
  private readonly unattributed = { conversions: 0, revenue: new MoneySums() };
  /** The value of the conversions of a path in each currency; a table has room for one. */
  private readonly valuesByCurrency = new Map<string, Map<Steps, number>>();
  private readonly outside = new OutsideWindowSum();
  private withoutAmount = 0;
  private readonly by: TouchDimension;

  constructor(
    by: Dimension,
    private readonly method: Method,
    private readonly conversions?: Conversions,
  ) {
    if (!touchDimensions.includes(by as TouchDimension))
      throw new Refused(
        'attribution/not-of-a-touch',
        `by must be one of ${touchDimensions.join(', ')} for a data-driven model.`,
        'by',
      );
    this.by = by as TouchDimension;
    this.ready = applyMethod(method);
  }

  /** Adds one journey. */
  add(deal: JourneyDocument, outcome: 'won' | 'lost' | 'open'): void {
    const path = selectJourneyTouches(deal, this.ready, this.conversions);
    const { eligible } = path.selection;
    const steps = this.table.stepsOf(eligible.touches.map((touch) => this.stepOf(touch)));
    this.addSteps(steps, outcome === 'won' ? revenueOf(deal) : undefined, outcome, touchesOutside(path).length);
  }

  /**
   * Adds rows of packed journeys in the order of their ids, in which read models list them: the same rows give the same
   * sums to the last bit.
   * @param conversions when people converted, for a method whose journeys restart
   */
  addColumns(
    columns: JourneyColumns,
    rows: Uint32Array,
    outcome: 'won' | 'lost',
    conversions: LeadConversions | undefined,
  ): void {
    const { ready, table } = this;
    const classified = columns.kinds.classifiedBy(ready.rulesKey, ready.classify);
    const path = new PackedPath(columns, ready.path, classified, conversions);
    const outside = new PackedOutside(columns, ready, classified, conversions);
    const numbers = new Int32Array(columns.kinds.all.length).fill(-1);
    for (const row of columns.inOrder(rows)) {
      path.select(row);
      let steps = '';
      for (let place = 0; place < path.length; place++) {
        const kind = columns.kind[path.places[place]!]!;
        if (numbers[kind] === -1) numbers[kind] = table.channels.of(this.stepOf(classified(kind)));
        steps += String.fromCharCode(numbers[kind]!);
      }
      const amount = outcome === 'won' ? columns.amountOf(row) : undefined;
      this.addSteps(steps, amount, outcome, outside.add(row, path, NaN, -1));
    }
  }

  /** Credits all journeys that were added. */
  report(model: DataDrivenModel, options: ReportOptions = {}): DataDrivenAttribution {
    const { ready, revenue, unattributed, learntFrom, method } = this;
    const { currencies } = revenue;
    const reports = currencies.map((currency, index) =>
      // Conversions and their intervals are the same in all currencies: they are resampled once.
      dataDrivenReport(model, this.tableIn(currency), index === 0 ? options : { ...options, bootstrap: 0 }),
    );
    const found = reports[0] ?? dataDrivenReport(model, this.table, options);
    return {
      model: model.code,
      by: this.by,
      lookback: ready.lookback,
      definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
      rows: this.rowsOf(found, reports),
      unattributed: { conversions: unattributed.conversions, revenue: unattributed.revenue.list(currencies) },
      total: { conversions: learntFrom.converted + unattributed.conversions, revenue: revenue.list() },
      outsideWindow: ready.unwindowed ? this.outside.sum(currencies) : null,
      ...(found.base !== undefined && { base: found.base }),
      ...(found.transitions && { transitions: found.transitions }),
      learntFrom,
      warnings: [...this.warnings(), ...found.warnings],
    };
  }

  /** The rows of a report with the revenue of each currency; `reports` has one report per currency. */
  private rowsOf(found: DataDrivenReport, reports: readonly DataDrivenReport[]): DataDrivenAttribution['rows'] {
    const byCurrency = this.revenue.currencies.map((currency, place) => {
      const { rows } = reports[place]!;
      const attributed = this.revenue.of(currency) - this.unattributed.revenue.of(currency);
      const values = rows.map(({ value }) => Math.max(0, value)); // -1e-13 is a rounding error, not a weight
      const parts = values.some((value) => value > 0) ? allocateExact(attributed, values) : values.map(() => 0n);
      return { currency, rows, parts };
    });
    return found.rows.map(({ key, value: _, removalEffectOnValue: __, ...row }, index) => ({
      ...row,
      key: key === NOT_STATED ? null : key,
      revenue: byCurrency.map(({ currency, parts }) => ({ minor: wholeNumberOf(parts[index]!), currency })),
      ...(row.removalEffect !== undefined && {
        removalEffectsOnRevenue: byCurrency.map(({ currency, rows }) => ({
          currency,
          effect: rows[index]!.removalEffectOnValue ?? 0,
        })),
      }),
    }));
  }

  private stepOf(touch: ClassifiedKind): string {
    return dimensionValueOf(this.by, touch, this.ready.registered) ?? NOT_STATED;
  }

  /** @param outside how many touches the look-back leaves out */
  private addSteps(steps: Steps, amount: Money | undefined, outcome: 'won' | 'lost' | 'open', outside: number): void {
    this.outside.addTouches(outside);
    if (outcome === 'won' && !amount) this.withoutAmount++;
    this.revenue.add(amount);
    if (steps.length === 0) {
      if (outcome === 'won') this.unattributed.conversions++;
      if (outcome === 'won' && outside > 0) this.outside.addConversion(amount);
      this.unattributed.revenue.add(amount);
      return;
    }
    if (amount) this.addValue(amount, steps);
    this.learntFrom[outcome === 'won' ? 'converted' : outcome === 'lost' ? 'ended' : 'open']++;
    const won = outcome === 'won' ? 1 : 0;
    this.table.put(steps, { conversions: won, nulls: 1 - won, value: 0 });
  }

  private warnings(): string[] {
    const { converted, ended, open } = this.learntFrom;
    const conversions = converted + this.unattributed.conversions;
    return [
      ...(this.revenue.currencies.length > 0 && this.withoutAmount > 0
        ? [`${this.withoutAmount} of ${conversions} conversions have no amount`]
        : []),
      ...(converted > 0 && ended + open === 0
        ? ['no journey ended without the conversion: the model has no examples of paths that do not convert']
        : []),
    ];
  }

  private addValue({ minor, currency }: Money, steps: Steps): void {
    const values = this.valuesByCurrency.get(currency) ?? new Map<Steps, number>();
    this.valuesByCurrency.set(currency, values);
    values.set(steps, (values.get(steps) ?? 0) + minor);
  }

  /** The table with the values of conversions in one currency. */
  private tableIn(currency: string): PathTable {
    const valued = this.table.copy();
    for (const [steps, value] of this.valuesByCurrency.get(currency) ?? [])
      valued.put(steps, { conversions: 0, nulls: 0, value });
    return valued;
  }
}
