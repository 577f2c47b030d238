import { storedToMs, toMs, withRoom, type Instant, type Money } from '@baton/kernel';
import { isUpToCreation } from '../../write/journey/journey-touches.rules';
import type { JourneyTouch } from '../../write/journey/journey.events';
import type { JourneyDocument } from './journeys.projection';
import { TextNumbers } from './text-numbers.rules';
import { TouchKinds } from './touch-kinds.rules';

/** Whether a journey counts, and as what. */
export const rowStates = { none: 0, won: 1, lost: 2 } as const;
/** A touch up to the creation of the lead. */
const UP_TO_CREATION = 1;

/** A text on the heap with its places in a map and a list. */
const bytesOf = (text: string): number => 2 * text.length + 64;

/** When people converted, by the number of the lead: milliseconds, ascending. */
export type LeadConversions = ReadonlyMap<number, readonly number[]>;

/** A list of numbers for a row. */
const LIST_BYTES = 200;
/** So many touches of journeys that were put again are kept at least before the others are moved together. */
const MIN_GARBAGE = 4096;

/**
 * Journeys packed into arrays: one row a journey, one place a touch. A journey that is put again gets new places; those
 * before are garbage until the next compaction. The touches of a row are oldest first, those of the same instant in the
 * order of the document.
 */
export class JourneyColumns {
  /** By row. */
  readonly ids: string[] = [];
  /** One of `rowStates`. */
  state = new Uint8Array(64);
  /** Milliseconds; NaN for a journey without a close. */
  closedAt = new Float64Array(64);
  /** Milliseconds; before every touch where no deal was opened. */
  openedAt = new Float64Array(64);
  /** Minor units; NaN without an amount. */
  amount = new Float64Array(64);
  /** Minutes of sales of all touches. */
  salesMinutes = new Float64Array(64);
  /** Numbers in `currencies`, `owners` and `products`, -1 without one. */
  currency = new Int16Array(64);
  owner = new Int32Array(64);
  product = new Int32Array(64);
  /** Where the touches of the row begin, and how many they are. */
  first = new Uint32Array(64);
  count = new Uint32Array(64);

  /** By place of a touch. Milliseconds. */
  touchAt = new Float64Array(256);
  /** A number in `kinds`. */
  kind = new Uint32Array(256);
  /** A number in `leads`. */
  lead = new Uint32Array(256);
  private flags = new Uint8Array(256);

  readonly kinds = new TouchKinds();
  readonly leads = new TextNumbers();
  readonly currencies = new TextNumbers();
  readonly owners = new TextNumbers();
  readonly products = new TextNumbers();

  /** So many rows, from the first one on, are in the order of their ids; the others are found by a map. */
  private ordered = 0;
  private readonly laterRows = new Map<string, number>();
  /** People of a deal without a touch, by row. */
  private readonly otherLeads = new Map<number, readonly number[]>();
  /** For rows in which a touch is recorded several times: the first touch of the same id, by touch. */
  private readonly firstOfSame = new Map<number, readonly number[]>();
  private rowsById: Uint32Array | undefined;
  private used = 0;
  private garbage = 0;
  private textBytes = 0;

  /** The number of rows. */
  get size(): number {
    return this.ids.length;
  }

  get bytes(): number {
    const { state, closedAt, openedAt, amount, salesMinutes, currency, owner, product, first, count } = this;
    const arrays = [
      ...[state, closedAt, openedAt, amount, salesMinutes, currency, owner, product, first, count],
      ...[this.touchAt, this.kind, this.lead, this.flags],
    ].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const texts = [this.leads, this.currencies, this.owners, this.products].reduce((sum, { bytes }) => sum + bytes, 0);
    const sparse = (this.otherLeads.size + this.firstOfSame.size) * LIST_BYTES;
    return arrays + texts + this.textBytes + this.kinds.bytes + sparse;
  }

  put(id: string, doc: JourneyDocument): void {
    const row = this.rowOf(id);
    this.garbage += this.count[row]!;
    const { status, outcome, amountMinor, currency } = doc;
    this.state[row] = status === 'closed' && outcome !== null ? rowStates[outcome] : rowStates.none;
    this.closedAt[row] = storedToMs(doc.closedAt);
    this.openedAt[row] = doc.openedAt === '' ? -Infinity : storedToMs(doc.openedAt);
    this.amount[row] = amountMinor === null || currency === null ? NaN : amountMinor;
    this.currency[row] = this.currencies.ofNullable(currency);
    this.owner[row] = this.owners.ofNullable(doc.owner);
    this.product[row] = this.products.ofNullable(doc.product);
    this.putTouches(row, doc);
    if (this.garbage > MIN_GARBAGE && this.garbage > this.used / 2) this.compact();
  }

  /** Rows of closed journeys with this outcome, which closed in [from, to). */
  closed(
    outcome: 'won' | 'lost',
    { from, to, currency }: { readonly from?: Instant; readonly to?: Instant; readonly currency?: string } = {},
  ): Uint32Array {
    const state = rowStates[outcome];
    const [begins, ends] = [from === undefined ? -Infinity : toMs(from), to === undefined ? Infinity : toMs(to)];
    const only = currency === undefined ? undefined : (this.currencies.find(currency) ?? NaN);
    const found = new Uint32Array(this.size);
    let length = 0;
    for (let row = 0; row < this.size; row++) {
      const at = this.closedAt[row]!;
      if (this.state[row] === state && at >= begins && at < ends && (only === undefined || this.currency[row] === only))
        found[length++] = row;
    }
    return found.subarray(0, length);
  }

  /** The amount of a row; undefined without one. */
  amountOf(row: number): Money | undefined {
    const minor = this.amount[row]!;
    return Number.isNaN(minor) ? undefined : { minor, currency: this.currencies.texts[this.currency[row]!]! };
  }

  /** The same rows in the order of their ids, as read models list documents. */
  inOrder(rows: Uint32Array): Uint32Array {
    if (!this.rowsById) {
      this.rowsById = Uint32Array.from(this.ids.keys());
      if (this.ordered < this.size) this.rowsById.sort((a, b) => (this.ids[a]! < this.ids[b]! ? -1 : 1));
    }
    const isWanted = new Uint8Array(this.size);
    for (const row of rows) isWanted[row] = 1;
    return this.rowsById.filter((row) => isWanted[row]);
  }

  /** When the people of won deals that closed before an instant converted; everybody on the deal counts. */
  conversions(before?: Instant): LeadConversions {
    const found = new Map<number, number[]>();
    const add = (lead: number, at: number): void => {
      const known = found.get(lead);
      if (!known) found.set(lead, [at]);
      else if (known[known.length - 1] !== at) known.push(at);
    };
    const rows = this.closed('won', before === undefined ? {} : { to: before });
    for (const row of rows.sort((a, b) => this.closedAt[a]! - this.closedAt[b]!)) {
      const end = this.first[row]! + this.count[row]!;
      for (let touch = this.first[row]!; touch < end; touch++) add(this.lead[touch]!, this.closedAt[row]!);
      for (const lead of this.otherLeads.get(row) ?? []) add(lead, this.closedAt[row]!);
    }
    return found;
  }

  isUpToCreation(touch: number): boolean {
    return (this.flags[touch]! & UP_TO_CREATION) !== 0;
  }

  /** For each touch of a row the first one with the same id; undefined where all differ. */
  repeatsIn(row: number): readonly number[] | undefined {
    return this.firstOfSame.get(row);
  }

  private findRow(id: string): number | undefined {
    let [from, to] = [0, this.ordered];
    while (from < to) {
      const middle = (from + to) >> 1;
      const found = this.ids[middle]!;
      if (found === id) return middle;
      if (found < id) from = middle + 1;
      else to = middle;
    }
    return this.laterRows.get(id);
  }

  private rowOf(id: string): number {
    const { size } = this;
    // Read models list documents in this order: none of them has to be looked for
    const isNext = this.ordered === size && (size === 0 || this.ids[size - 1]! < id);
    const known = isNext ? undefined : this.findRow(id);
    if (known !== undefined) return known;
    const row = this.ids.push(id) - 1;
    if (isNext) this.ordered++;
    else this.laterRows.set(id, row);
    this.textBytes += bytesOf(id);
    this.rowsById = undefined;
    if (row < this.state.length) return row;
    const length = row + 1;
    this.state = withRoom(this.state, length);
    this.closedAt = withRoom(this.closedAt, length);
    this.openedAt = withRoom(this.openedAt, length);
    this.amount = withRoom(this.amount, length);
    this.salesMinutes = withRoom(this.salesMinutes, length);
    this.currency = withRoom(this.currency, length);
    this.owner = withRoom(this.owner, length);
    this.product = withRoom(this.product, length);
    this.first = withRoom(this.first, length);
    this.count = withRoom(this.count, length);
    return row;
  }

  private putTouches(row: number, { touches, leadIds, leadCreatedAt }: JourneyDocument): void {
    const { length } = touches;
    const first = this.used;
    this.used += length;
    if (this.used > this.touchAt.length) {
      this.touchAt = withRoom(this.touchAt, this.used);
      this.kind = withRoom(this.kind, this.used);
      this.lead = withRoom(this.lead, this.used);
      this.flags = withRoom(this.flags, this.used);
    }
    this.first[row] = first;
    this.count[row] = length;
    const ordered = inTime(touches);
    let minutes = 0;
    let [leadId, lead] = ['', -1];
    for (let place = 0; place < length; place++) {
      const touch = ordered[place]!;
      const at = first + place;
      this.touchAt[at] = storedToMs(touch.occurredAt);
      this.kind[at] = this.kinds.of(touch);
      if (touch.leadId !== leadId || lead < 0) {
        leadId = touch.leadId;
        lead = this.leads.of(leadId);
      }
      this.lead[at] = lead;
      this.flags[at] = leadCreatedAt !== null && isUpToCreation(touch, leadCreatedAt) ? UP_TO_CREATION : 0;
      if (touch.team === 'sales') minutes += touch.minutes ?? 0;
    }
    this.salesMinutes[row] = minutes;
    this.putOtherLeads(row, leadIds);
    const same = firstOfSameIn(ordered);
    if (same) this.firstOfSame.set(row, same);
    else this.firstOfSame.delete(row);
  }

  private putOtherLeads(row: number, leadIds: readonly string[]): void {
    const [from, to] = [this.first[row]!, this.first[row]! + this.count[row]!];
    let others: number[] | undefined;
    for (const leadId of leadIds) {
      const lead = this.leads.of(leadId);
      let touch = from;
      while (touch < to && this.lead[touch] !== lead) touch++;
      if (touch === to) (others ??= []).push(lead);
    }
    if (others) this.otherLeads.set(row, others);
    else this.otherLeads.delete(row);
  }

  /** Moves the touches of the rows together. */
  private compact(): void {
    const room = Math.max(256, 2 * (this.used - this.garbage));
    const [touchAt, kind, lead, flags] = [
      new Float64Array(room),
      new Uint32Array(room),
      new Uint32Array(room),
      new Uint8Array(room),
    ];
    let used = 0;
    for (let row = 0; row < this.size; row++) {
      const [from, to] = [this.first[row]!, this.first[row]! + this.count[row]!];
      touchAt.set(this.touchAt.subarray(from, to), used);
      kind.set(this.kind.subarray(from, to), used);
      lead.set(this.lead.subarray(from, to), used);
      flags.set(this.flags.subarray(from, to), used);
      this.first[row] = used;
      used += to - from;
    }
    [this.touchAt, this.kind, this.lead, this.flags] = [touchAt, kind, lead, flags];
    [this.used, this.garbage] = [used, 0];
  }
}

/** So many touches are compared with each other; of more a map is made. */
const COMPARED = 16;
/** For each touch the first one with the same id; undefined where all ids differ. */
const firstOfSameIn = (touches: readonly JourneyTouch[]): readonly number[] | undefined => {
  if (touches.length <= COMPARED && !hasSame(touches)) return undefined;
  const places = new Map<string, number>();
  touches.forEach(({ touchId }, place) => places.has(touchId) || places.set(touchId, place));
  return places.size < touches.length ? touches.map(({ touchId }) => places.get(touchId)!) : undefined;
};
const hasSame = (touches: readonly JourneyTouch[]): boolean => {
  for (let place = 1; place < touches.length; place++)
    for (let earlier = 0; earlier < place; earlier++)
      if (touches[place]!.touchId === touches[earlier]!.touchId) return true;
  return false;
};

/** The touches oldest first; those of the same instant in their order. */
const inTime = (touches: readonly JourneyTouch[]): readonly JourneyTouch[] => {
  for (let place = 1; place < touches.length; place++)
    if (touches[place - 1]!.occurredAt > touches[place]!.occurredAt)
      return [...touches].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0));
  return touches;
};
