import { DAY_MS, DECIMAL_UNITS, fromMs, monthOf, wordKey, withRoom } from '@baton/kernel';
import { CreditSplit } from '../../models/credit-split.rules';
import { type ClassifiedKind, type JourneyColumns, type LeadConversions } from '../journeys/journey-columns.rules';
import { PackedPath } from '../journeys/packed-path.rules';
import {
  dimensionValueOf,
  isOfDeal,
  isOfPerson,
  type AttributionMethod,
  type CreditSums,
  type Dimension,
} from './attribution.rules';
import { ExactSums } from './exact-sums.rules';
import { PackedOutside } from './packed-outside.rules';

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

/** The keys of rows, numbered as they are met: one for each spelling. */
class RowKeys {
  readonly keys: (string | null)[] = [];
  /** The number of the first key that is the same word, by key. */
  readonly words: number[] = [];
  private readonly numbers = new Map<string | null, number>();
  private readonly byWord = new Map<string | null, number>();
  private readonly numberOf: (row: number, touch: number) => number;
  /** Whether all touches of a row have its key. */
  readonly ofRow: boolean;

  constructor(
    columns: JourneyColumns,
    by: Dimension,
    { people, registered, timeZone }: AttributionMethod,
    classified: (kind: number) => ClassifiedKind,
  ) {
    this.ofRow = by === 'month' || isOfDeal(by);
    if (by === 'month') {
      const monthAt = monthsIn(timeZone);
      this.numberOf = (row) => this.number(monthAt(columns.closedAt[row]!));
    } else if (isOfDeal(by)) {
      const { texts } = by === 'owner' ? columns.owners : columns.products;
      this.numberOf = (row) => this.number(texts[columns[by][row]!] ?? null, true);
    } else if (isOfPerson(by)) {
      const { texts } = columns.leads;
      this.numberOf = this.numbered(columns.lead, texts.length, (lead) => people?.get(texts[lead]!)?.[by] ?? null);
    } else
      this.numberOf = this.numbered(columns.kind, columns.kinds.length, (kind) =>
        dimensionValueOf(by, classified(kind), registered),
      );
  }

  /** @param touch a place in the columns */
  of(row: number, touch: number): number {
    return this.numberOf(row, touch);
  }

  /** Numbers of keys by a column of touches, looked up once for each of its values. */
  private numbered(column: Uint32Array, values: number, keyOf: (value: number) => string | null) {
    const known = new Int32Array(values).fill(-1);
    return (_: number, touch: number): number => {
      const value = column[touch]!;
      const number = known[value]!;
      return number >= 0 ? number : (known[value] = this.number(keyOf(value)));
    };
  }

  private number(key: string | null, exact = false): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.keys.push(key) - 1;
    this.numbers.set(key, number);
    const word = key === null || exact ? key : wordKey(key);
    if (!this.byWord.has(word)) this.byWord.set(word, number);
    this.words.push(this.byWord.get(word)!);
    return number;
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
    this.numbers = withRoom(this.numbers, at + 1);
    if (this.numbers[at] === 0) {
      this.keys.push(key);
      this.currencies.push(currency);
      this.numbers[at] = this.keys.length;
    }
    return this.numbers[at]! - 1;
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
  const classified = columns.classifiedBy(ready.rulesKey, ready.classify);
  const keys = new RowKeys(columns, by, ready, classified);
  const splits = byModel.map(({ model }) => new CreditSplit(model, ready.parameters));
  const count = splits.length;
  const currencies = columns.currencies.texts;
  const slots = new Slots(currencies.length);
  const credited = new ExactSums();
  // One sum for each currency, the first for none
  const [total, unattributed] = [new ExactSums(), new ExactSums()];
  total.grow(currencies.length + 1);
  unattributed.grow(currencies.length + 1);
  const path = new PackedPath(columns, ready.path, classified, conversions);
  const outside = new PackedOutside(columns, ready, classified, conversions, splits);
  let slotOf = new Uint32Array(64);
  /** The last journey that counted for a word, under a model that is not additive. */
  let countedIn = new Float64Array(64);

  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    path.select(row);
    const amount = revenue ? columns.amount[row]! : NaN;
    const hasAmount = !Number.isNaN(amount);
    const currency = hasAmount ? columns.currency[row]! : -1;
    const minor = hasAmount ? amount : 0;
    total.add(currency + 1, DECIMAL_UNITS, minor);
    if (!hasAmount) sums.withoutAmount++;
    slotOf = withRoom(slotOf, columns.count[row]!);
    outside.add(row, path, amount, currency);
    const { length } = path;
    if (length === 0) {
      unattributed.add(currency + 1, DECIMAL_UNITS, minor);
      continue;
    }
    if (keys.ofRow) slotOf.fill(slots.of(keys.of(row, 0), currency), 0, length);
    else
      for (let place = 0; place < length; place++)
        slotOf[place] = slots.of(keys.of(row, path.places[place]!), currency);
    credited.grow(slots.keys.length * count);
    for (let model = 0; model < count; model++) {
      const split = splits[model]!;
      split.credit(path, amount);
      const { units, minors } = split;
      if (split.model.additive) {
        for (let place = 0; place < length; place++)
          if (units[place] !== 0 || minors[place] !== 0)
            credited.add(slotOf[place]! * count + model, units[place]!, minors[place]!);
        continue;
      }
      // Once for each word, whatever its spelling
      countedIn = withRoom(countedIn, keys.keys.length * count);
      for (let place = 0; place < length; place++) {
        if (units[place] === 0 && minors[place] === 0) continue;
        const slot = slotOf[place]!;
        const word = keys.words[slots.keys[slot]!]! * count + model;
        if (countedIn[word] === index + 1) credited.touch(slot * count + model);
        else credited.add(slot * count + model, units[place]!, minors[place]!);
        countedIn[word] = index + 1;
      }
    }
  }

  for (let currency = -1; currency < currencies.length; currency++) {
    total.addTo(sums.total, currency + 1, currencies[currency]);
    for (const model of byModel) unattributed.addTo(model.unattributed, currency + 1, currencies[currency]);
  }
  byModel.forEach((model, place) => {
    slots.keys.forEach((key, slot) => {
      const at = slot * count + place;
      if (credited.has(at)) credited.addTo(model.row(keys.keys[key]!), at, currencies[slots.currencies[slot]!]);
    });
    outside.addTo(model.outside, place);
  });
};
