import { DAY_MS, DECIMAL_UNITS, fromMs, monthOf, withRoom } from '@baton/kernel';
import { CreditSplit } from '../../models/credit-split.rules';
import type { JourneyColumns, LeadConversions } from '../journeys/journey-columns.rules';
import { KeyNumbers, KeysOfValues } from '../journeys/key-numbers.rules';
import { PackedPath } from '../journeys/packed-path.rules';
import type { ClassifiedKind } from '../journeys/touch-kinds.rules';
import {
  dimensionValueOf,
  isOfContent,
  isOfDeal,
  isOfPerson,
  type AttributionMethod,
  type CreditSums,
  type Dimension,
  type ModelSums,
} from './attribution.rules';
import { ExactSums } from './exact-sums.rules';
import { PackedOutside } from './packed-outside.rules';

/** One conversion. Of this file: what another exports is looked up whenever it is used. */
const ONE = DECIMAL_UNITS;

/** The month of an instant, remembered by the day: a zone takes long to ask. */
const monthsIn = (timeZone: string) => {
  const known = new Map<number, string | undefined>();
  return (ms: number): string => {
    const day = Math.floor(ms / DAY_MS);
    if (!known.has(day)) {
      const [first, last] = [
        monthOf(fromMs(day * DAY_MS), timeZone),
        monthOf(fromMs((day + 1) * DAY_MS - 1), timeZone),
      ];
      known.set(day, first === last ? first : undefined);
    }
    return known.get(day) ?? monthOf(fromMs(ms), timeZone);
  };
};

/** The keys of the rows of a report. */
class RowKeys {
  readonly numbers: KeyNumbers;
  /** Of touches, where their keys are not those of their row. */
  private readonly column: Uint32Array = new Uint32Array(0);
  private readonly known: Int32Array = new Int32Array(0);
  private readonly values: KeysOfValues | undefined;
  /** The number of the key that all touches of a row have. */
  readonly ofRow: ((row: number) => number) | undefined;

  constructor(
    columns: JourneyColumns,
    by: Dimension,
    { people, registered, timeZone, rulesKey }: AttributionMethod,
    classified: (kind: number) => ClassifiedKind,
  ) {
    if (by === 'month' || isOfDeal(by)) {
      const numbers = (this.numbers = new KeyNumbers());
      const monthAt = monthsIn(timeZone);
      const texts = by === 'owner' ? columns.owners.texts : columns.products.texts;
      this.ofRow =
        by === 'month'
          ? (row) => numbers.of(monthAt(columns.closedAt[row]!))
          : (row) => numbers.of(texts[columns[by][row]!] ?? null, true);
      return;
    }
    if (isOfPerson(by)) {
      const { texts } = columns.leads;
      this.column = columns.lead;
      this.values = new KeysOfValues((lead) => people?.get(texts[lead]!)?.[by] ?? null);
      this.known = this.values.forAll(texts.length);
    } else {
      const { kinds } = columns;
      const keyOf = (kind: number) => dimensionValueOf(by, classified(kind), registered);
      this.column = columns.kind;
      // What content is registered changes without a rule that changes.
      this.values = isOfContent(by) ? new KeysOfValues(keyOf) : kinds.keysBy(rulesKey, by, keyOf);
      this.known = this.values.forAll(kinds.all.length);
    }
    this.numbers = this.values.numbers;
  }

  /** @param touch a place in the columns */
  of(touch: number): number {
    const value = this.column[touch]!;
    const number = this.known[value]!;
    return number >= 0 ? number : this.values!.meet(value);
  }
}

/** The numbers of sums, one for a key and a currency. */
class Slots {
  readonly keys: number[] = [];
  readonly currencies: number[] = [];
  private numbers = new Int32Array(256);

  /** @param currencies how many there are */
  constructor(private readonly count: number) {}

  /** @param currency -1 without one */
  of(key: number, currency: number): number {
    const at = key * (this.count + 1) + currency + 1;
    if (at >= this.numbers.length) this.numbers = withRoom(this.numbers, at + 1);
    const number = this.numbers[at]!;
    return number > 0 ? number - 1 : this.add(at, key, currency);
  }
  private add(at: number, key: number, currency: number): number {
    this.currencies.push(currency);
    return (this.numbers[at] = this.keys.push(key)) - 1;
  }
}

/** The sums of credits by key and currency under some models. */
class CreditTable {
  private readonly slots: Slots;
  private readonly sums = new ExactSums();
  private readonly models: number;
  private slotOf = new Uint32Array(64);
  /** The last journey that counted for a word, under a model that is not additive. */
  private countedIn = new Float64Array(64);

  constructor(
    private readonly keys: RowKeys,
    private readonly splits: readonly CreditSplit[],
    private readonly currencies: readonly string[],
  ) {
    this.slots = new Slots(currencies.length);
    this.models = splits.length;
  }

  /** Adds a row with touches. @param amount NaN without one; @param currency -1 without one */
  add(row: number, path: PackedPath, amount: number, currency: number, journey: number): void {
    const { splits, sums, models } = this;
    const { length } = path;
    this.findSlots(row, path, currency);
    const { slotOf } = this;
    sums.grow(this.slots.keys.length * models);
    const minor = amount === amount ? amount : 0;
    for (let model = 0; model < models; model++) {
      const split = splits[model]!;
      split.credit(path, amount);
      const { units, minors, only } = split;
      if (only >= 0) sums.add(slotOf[only]! * models + model, ONE, minor);
      else if (split.isAdditive) {
        for (let place = 0; place < length; place++)
          if (units[place] !== 0 || minors[place] !== 0)
            sums.add(slotOf[place]! * models + model, units[place]!, minors[place]!);
      } else this.addOnce(split, model, length, journey);
    }
  }

  /** Adds the sums to those of documents. @param model its place among the models */
  addTo(to: ModelSums, model: number): void {
    const { slots, sums, keys } = this;
    slots.keys.forEach((key, slot) => {
      const at = slot * this.models + model;
      if (sums.has(at)) sums.addTo(to.row(keys.numbers.keys[key]!), at, this.currencies[slots.currencies[slot]!]);
    });
  }

  private findSlots(row: number, path: PackedPath, currency: number): void {
    const { keys, slots } = this;
    const { length, places } = path;
    if (this.slotOf.length < length) this.slotOf = withRoom(this.slotOf, length);
    const { slotOf } = this;
    if (keys.ofRow) slotOf.fill(slots.of(keys.ofRow(row), currency), 0, length);
    else for (let place = 0; place < length; place++) slotOf[place] = slots.of(keys.of(places[place]!), currency);
  }

  /** Once for each word, whatever its spelling. */
  private addOnce({ units, minors }: CreditSplit, model: number, length: number, journey: number): void {
    const { keys, slots, sums, models, slotOf } = this;
    const { words } = keys.numbers;
    this.countedIn = withRoom(this.countedIn, words.length * models);
    const { countedIn } = this;
    for (let place = 0; place < length; place++) {
      if (units[place] === 0 && minors[place] === 0) continue;
      const slot = slotOf[place]!;
      const word = words[slots.keys[slot]!]! * models + model;
      if (countedIn[word] === journey) sums.touch(slot * models + model);
      else sums.add(slot * models + model, units[place]!, minors[place]!);
      countedIn[word] = journey;
    }
  }
}

/**
 * Sums the credits of rows of packed journeys under all models of the sums, in one walk that waits for nothing: what
 * `summarizeCredit` sums document by document.
 * @param revenue whether amounts count: only those of won deals do
 * @param conversions when people converted, for a method whose journeys restart
 */
export const sumColumns = (
  sums: CreditSums,
  columns: JourneyColumns,
  rows: Uint32Array,
  { revenue, conversions }: { readonly revenue: boolean; readonly conversions?: LeadConversions | undefined },
): void => {
  const { ready, by, byModel } = sums;
  const classified = columns.kinds.classifiedBy(ready.rulesKey, ready.classify);
  const splits = byModel.map(({ model }) => new CreditSplit(model, ready.parameters));
  const currencies = columns.currencies.texts;
  const credited = new CreditTable(new RowKeys(columns, by, ready, classified), splits, currencies);
  // One sum for each currency, the first for none
  const [total, unattributed] = [new ExactSums(), new ExactSums()];
  total.grow(currencies.length + 1);
  unattributed.grow(currencies.length + 1);
  const path = new PackedPath(columns, ready.path, classified, conversions);
  const outside = new PackedOutside(columns, ready, classified, conversions, splits);

  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    path.select(row);
    const amount = revenue ? columns.amount[row]! : NaN;
    const hasAmount = amount === amount;
    const currency = hasAmount ? columns.currency[row]! : -1;
    const minor = hasAmount ? amount : 0;
    total.add(currency + 1, ONE, minor);
    if (!hasAmount) sums.withoutAmount++;
    outside.add(row, path, amount, currency);
    if (path.length === 0) unattributed.add(currency + 1, ONE, minor);
    else credited.add(row, path, amount, currency, index + 1);
  }

  for (let currency = -1; currency < currencies.length; currency++) {
    total.addTo(sums.total, currency + 1, currencies[currency]);
    for (const model of byModel) unattributed.addTo(model.unattributed, currency + 1, currencies[currency]);
  }
  byModel.forEach((model, place) => {
    credited.addTo(model, place);
    outside.addTo(model.outside, place);
  });
};
