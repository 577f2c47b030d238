import { DECIMAL_UNITS, withRoom } from '@baton/kernel';
import type { CreditSplit } from '../../models/credit-split.rules';
import type { JourneyColumns, LeadConversions } from '../journeys/journey-columns.rules';
import { PackedPath } from '../journeys/packed-path.rules';
import type { ClassifiedKind } from '../journeys/touch-kinds.rules';
import type { AttributionMethod } from './attribution.rules';
import { ExactSums } from './exact-sums.rules';
import type { OutsideWindowSum } from './window.rules';

/** Sums what a look-back leaves out of rows, and its credit under some models. */
export class PackedOutside {
  private readonly unwindowed: PackedPath | undefined;
  private readonly sums = new ExactSums();
  private isInWindow = new Uint8Array(64);
  private touches = 0;
  private readonly currencies: readonly string[];

  constructor(
    columns: JourneyColumns,
    ready: AttributionMethod,
    classified: (kind: number) => ClassifiedKind,
    conversions: LeadConversions | undefined,
    private readonly splits: readonly CreditSplit[] = [],
  ) {
    this.currencies = columns.currencies.texts;
    this.sums.grow((this.currencies.length + 1) * splits.length);
    if (ready.unwindowed) this.unwindowed = new PackedPath(columns, ready.unwindowed, classified, conversions);
  }

  /**
   * Adds a row.
   * @param path  its touches that are weighed
   * @param amount in minor units, NaN without one; @param currency its number in the columns, -1 without one
   * @returns how many touches the look-back leaves out
   */
  add(row: number, path: PackedPath, amount: number, currency: number): number {
    const { unwindowed, splits, sums } = this;
    if (!unwindowed || !path.hasOutside) return 0;
    unwindowed.select(row);
    const { length } = unwindowed;
    this.isInWindow = withRoom(this.isInWindow, length);
    let left = length;
    for (let place = 0, kept = 0; place < length; place++) {
      while (kept < path.length && path.places[kept]! < unwindowed.places[place]!) kept++;
      const isKept = kept < path.length && path.places[kept] === unwindowed.places[place];
      this.isInWindow[place] = isKept ? 1 : 0;
      if (isKept) left--;
    }
    this.touches += left;
    if (left === 0) return 0;
    const minor = amount === amount ? amount : 0;
    for (let model = 0; model < splits.length; model++) {
      const split = splits[model]!;
      const index = model * (this.currencies.length + 1) + currency + 1;
      if (!split.model.additive) {
        sums.add(index, DECIMAL_UNITS, 0);
        continue;
      }
      split.credit(unwindowed, amount);
      for (let place = 0; place < length; place++)
        if (this.isInWindow[place] === 0) sums.add(index, split.unitsAt(place), split.minorAt(place, minor));
    }
    return left;
  }

  /** Adds the sums to those of documents. @param model its place among the models */
  addTo(sum: OutsideWindowSum, model: number): void {
    const { currencies, sums, splits } = this;
    sum.addTouches(this.touches);
    const isAdditive = splits[model]?.model.additive;
    for (let currency = -1; currency < currencies.length; currency++)
      sums.addTo(
        sum.credit,
        model * (currencies.length + 1) + currency + 1,
        isAdditive ? currencies[currency] : undefined,
      );
  }
}
