import { DECIMAL_UNITS, fromMs, monthOf, wholeNumberOf, wordKey, DAY_MS } from '@baton/kernel';
import { CreditSplit } from '../../models/credit-split.rules';
import {
  withRoom,
  type ClassifiedKind,
  type JourneyColumns,
  type LeadConversions,
} from '../journeys/journey-columns.rules';
import { PackedPath } from '../journeys/packed-path.rules';
import {
  dimensionValueOf,
  isOfDeal,
  isOfPerson,
  type AttributionMethod,
  type CreditSum,
  type CreditSums,
  type Dimension,
} from './attribution.rules';

/** One conversion. */
const ONE = DECIMAL_UNITS;

/** Credits summed in whole numbers, at an index each: exact, and at any size. */
class ExactSums {
  /** Whole conversions, and units of `DECIMAL_UNITS` below one. */
  private whole = new Float64Array(64);
  private units = new Float64Array(64);
  private minors = new Float64Array(64);
  /** What goes beyond 2^53. */
  private readonly beyond = new Map<number, bigint>();
  private added = new Uint8Array(64);

  /** Makes room for so many sums. */
  grow(length: number): void {
    this.whole = withRoom(this.whole, length);
    this.units = withRoom(this.units, length);
    this.minors = withRoom(this.minors, length);
    this.added = withRoom(this.added, length);
  }

  add(index: number, units: number, minor: number): void {
    this.added[index] = 1;
    let sum = this.units[index]! + units;
    if (sum >= ONE) {
      this.whole[index]!++;
      sum -= ONE;
    }
    this.units[index] = sum;
    if (minor === 0) return;
    const known = this.minors[index]!;
    if (Math.abs(known + minor) <= Number.MAX_SAFE_INTEGER) this.minors[index] = known + minor;
    else {
      this.beyond.set(index, (this.beyond.get(index) ?? 0n) + BigInt(known));
      this.minors[index] = minor;
    }
  }
  /** Adds nothing, but there is a sum now. */
  touch(index: number): void {
    this.added[index] = 1;
  }

  has(index: number): boolean {
    return this.added[index] === 1;
  }
  conversionsOf(index: number): readonly [whole: number, units: number] {
    return [this.whole[index]!, this.units[index]!];
  }
  moneyOf(index: number) {
    return wholeNumberOf((this.beyond.get(index) ?? 0n) + BigInt(this.minors[index]!));
  }
}

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
  const currencies = columns.currencies.texts.length;
  const slots = new Slots(currencies);
  const credited = new ExactSums();
  // One sum for each currency, the first for none
  const [total, unattributed, outside] = [new ExactSums(), new ExactSums(), new ExactSums()];
  total.grow(currencies + 1);
  unattributed.grow(currencies + 1);
  outside.grow((currencies + 1) * count);
  let outsideTouches = 0;
  const path = new PackedPath(columns, ready.path, classified, conversions);
  const unwindowed = ready.unwindowed && new PackedPath(columns, ready.unwindowed, classified, conversions);
  let slotOf = new Uint32Array(64);
  let isInWindow = new Uint8Array(64);
  /** The last journey that counted for a word, under a model that is not additive. */
  let countedIn = new Float64Array(64);

  const addOutside = (amount: number, currency: number): void => {
    const touches = unwindowed!;
    let left = touches.length;
    for (let place = 0, kept = 0; place < touches.length; place++) {
      while (kept < path.length && path.places[kept]! < touches.places[place]!) kept++;
      const isKept = kept < path.length && path.places[kept] === touches.places[place];
      isInWindow[place] = isKept ? 1 : 0;
      if (isKept) left--;
    }
    if (left === 0) return;
    outsideTouches += left;
    for (let model = 0; model < count; model++) {
      const split = splits[model]!;
      const index = model * (currencies + 1) + currency + 1;
      if (!split.model.additive) {
        outside.add(index, ONE, 0);
        continue;
      }
      split.credit(touches, amount);
      for (let place = 0; place < touches.length; place++)
        if (isInWindow[place] === 0) outside.add(index, split.units[place]!, split.minors[place]!);
    }
  };

  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    path.select(row);
    const amount = revenue ? columns.amount[row]! : NaN;
    const hasAmount = !Number.isNaN(amount);
    const currency = hasAmount ? columns.currency[row]! : -1;
    const minor = hasAmount ? amount : 0;
    total.add(currency + 1, ONE, minor);
    if (!hasAmount) sums.withoutAmount++;
    slotOf = withRoom(slotOf, columns.count[row]!);
    if (unwindowed && path.hasOutside) {
      unwindowed.select(row);
      isInWindow = withRoom(isInWindow, unwindowed.length);
      addOutside(amount, currency);
    }
    const { length } = path;
    if (length === 0) {
      unattributed.add(currency + 1, ONE, minor);
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

  const code = (currency: number): string => columns.currencies.texts[currency]!;
  const addTo = (sum: CreditSum, from: ExactSums, at: number, currency: number): void => {
    const [whole, units] = from.conversionsOf(at);
    sum.conversions.add(whole).addUnits(units);
    if (currency >= 0) sum.revenue.add({ minor: from.moneyOf(at), currency: code(currency) });
  };
  for (let currency = -1; currency < currencies; currency++) {
    if (total.has(currency + 1)) addTo(sums.total, total, currency + 1, currency);
    if (unattributed.has(currency + 1))
      for (const model of byModel) addTo(model.unattributed, unattributed, currency + 1, currency);
  }
  byModel.forEach((model, place) => {
    slots.keys.forEach((key, slot) => {
      const at = slot * count + place;
      if (credited.has(at)) addTo(model.row(keys.keys[key]!), credited, at, slots.currencies[slot]!);
    });
    model.outside.addTouches(outsideTouches);
    for (let currency = -1; currency < currencies; currency++) {
      const at = place * (currencies + 1) + currency + 1;
      if (outside.has(at)) addTo(model.outside.credit, outside, at, model.model.additive ? currency : -1);
    }
  });
};
