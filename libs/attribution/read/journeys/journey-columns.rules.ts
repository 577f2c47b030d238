import { storedToMs, toMs, withRoom, type Instant, type Money } from '@baton/kernel';
import type { TouchClassification } from '@baton/definitions';
import { isUpToCreation } from '../../write/journey/journey-touches.rules';
import type { JourneyTouch } from '../../write/journey/journey.events';
import type { JourneyDocument } from './journeys.projection';

type OwnField = 'touchId' | 'occurredAt' | 'sequence' | 'leadId' | 'visitorId' | 'role' | 'atCapture' | 'minutes';
/** What touches have in common: all that classifies them. Many touches are of few kinds. */
export type TouchKind = Omit<JourneyTouch, OwnField>;
export type ClassifiedKind = TouchKind & TouchClassification;
const kindFields = {
  action: 0,
  team: 1,
  direction: 2,
  channel: 3,
  source: 4,
  medium: 5,
  campaign: 6,
  content: 7,
  page: 8,
  landingPage: 9,
  referrer: 10,
} as const satisfies Record<keyof TouchKind, number>;
const kindFieldNames = Object.keys(kindFields) as (keyof TouchKind)[];
type KindValue = string | undefined;
/** The values of a touch at the places of `kindFields`, each read by its name: a loop over names takes several times as long. */
const readValues = (touch: TouchKind, values: KindValue[]): void => {
  values[kindFields.action] = touch.action;
  values[kindFields.team] = touch.team;
  values[kindFields.direction] = touch.direction;
  values[kindFields.channel] = touch.channel;
  values[kindFields.source] = touch.source;
  values[kindFields.medium] = touch.medium;
  values[kindFields.campaign] = touch.campaign;
  values[kindFields.content] = touch.content;
  values[kindFields.page] = touch.page;
  values[kindFields.landingPage] = touch.landingPage;
  values[kindFields.referrer] = touch.referrer;
};

/** Whether a journey counts, and as what. */
export const rowStates = { none: 0, won: 1, lost: 2 } as const;
/** A touch up to the creation of the lead. */
const UP_TO_CREATION = 1;

/** Numbers distinct texts from 0. */
class TextNumbers {
  readonly texts: string[] = [];
  bytes = 0;
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.texts.length);
    this.bytes += bytesOf(text);
    return this.texts.push(text) - 1;
  }
  find(text: string): number | undefined {
    return this.numbers.get(text);
  }
  /** @returns -1 for null */
  ofNullable(text: string | null): number {
    return text === null ? -1 : this.of(text);
  }
}
/** A text on the heap with its places in a map and a list. */
const bytesOf = (text: string): number => 2 * text.length + 64;

/** When people converted, by the number of the lead: milliseconds, ascending. */
export type LeadConversions = ReadonlyMap<number, readonly number[]>;

const KEPT_CLASSIFICATIONS = 4;
const CLASSIFIED_BYTES = 200;
const KIND_BYTES = 300;
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

  readonly kinds: TouchKind[] = [];
  readonly leads = new TextNumbers();
  readonly currencies = new TextNumbers();
  readonly owners = new TextNumbers();
  readonly products = new TextNumbers();

  private readonly rows = new Map<string, number>();
  private readonly kindsByHash = new Map<number, number[]>();
  private readonly kindValues: KindValue[][] = [];
  private readonly values: KindValue[] = kindFieldNames.map(() => undefined);
  /** People of a deal without a touch, by row. */
  private readonly otherLeads = new Map<number, readonly number[]>();
  /** For rows in which a touch is recorded several times: the first touch of the same id, by touch. */
  private readonly firstOfSame = new Map<number, readonly number[]>();
  private readonly classified = new Map<string, (ClassifiedKind | undefined)[]>();
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
    const classified = this.classified.size * this.kinds.length * CLASSIFIED_BYTES;
    const sparse = (this.otherLeads.size + this.firstOfSame.size) * CLASSIFIED_BYTES;
    return arrays + texts + this.textBytes + classified + sparse;
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
    this.rowsById ??= Uint32Array.from([...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row));
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

  /**
   * The kinds with their channels by some rules: each is classified once, when it is first met.
   * @param rules what tells these rules from others
   */
  classifiedBy(rules: string, classify: (touch: TouchKind) => TouchClassification): (kind: number) => ClassifiedKind {
    const known = this.classified.get(rules) ?? [];
    this.classified.delete(rules);
    this.classified.set(rules, known);
    if (this.classified.size > KEPT_CLASSIFICATIONS) this.classified.delete(this.classified.keys().next().value!);
    return (kind) => (known[kind] ??= { ...this.kinds[kind]!, ...classify(this.kinds[kind]!) });
  }

  isUpToCreation(touch: number): boolean {
    return (this.flags[touch]! & UP_TO_CREATION) !== 0;
  }

  /** For each touch of a row the first one with the same id; undefined where all differ. */
  repeatsIn(row: number): readonly number[] | undefined {
    return this.firstOfSame.get(row);
  }

  private rowOf(id: string): number {
    const known = this.rows.get(id);
    if (known !== undefined) return known;
    const row = this.ids.push(id) - 1;
    this.rows.set(id, row);
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

  private kindOf(touch: JourneyTouch): number {
    const { values } = this;
    readValues(touch, values);
    const hash = hashOf(values);
    const known = this.kindsByHash.get(hash);
    if (known)
      for (let index = 0; index < known.length; index++)
        if (areSame(values, this.kindValues[known[index]!]!)) return known[index]!;
    const stated = kindFieldNames.flatMap((field) =>
      touch[field] === undefined ? [] : [[field, touch[field]] as const],
    );
    const number = this.kinds.push(Object.fromEntries(stated) as unknown as TouchKind) - 1;
    this.kindValues.push([...values]);
    if (known) known.push(number);
    else this.kindsByHash.set(hash, [number]);
    this.textBytes += stated.reduce((sum, [, value]) => sum + 2 * value.length, KIND_BYTES);
    return number;
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
      this.kind[at] = this.kindOf(touch);
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

/** A number that is the same for touches of one kind, and mostly another for those of others. */
const hashOf = (values: readonly KindValue[]): number => {
  let hash = 0;
  for (let field = 0; field < values.length; field++) {
    const value = values[field];
    hash = (Math.imul(hash, 31) + (value === undefined ? 7 : value.length)) | 0;
    if (value !== undefined)
      for (let at = 0; at < value.length; at++) hash = (Math.imul(hash, 31) + value.charCodeAt(at)) | 0;
  }
  return hash;
};
const areSame = (values: readonly KindValue[], others: readonly KindValue[]): boolean => {
  for (let field = 0; field < values.length; field++) if (values[field] !== others[field]) return false;
  return true;
};

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
const inTime = (touches: readonly JourneyTouch[]): readonly JourneyTouch[] =>
  touches.every(({ occurredAt }, place) => place === 0 || touches[place - 1]!.occurredAt <= occurredAt)
    ? touches
    : [...touches].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0));
