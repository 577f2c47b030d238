import type { TouchClassification } from '@baton/definitions';
import type { JourneyTouch } from '../../write/journey/journey.events';
import { KeysOfValues } from './key-numbers.rules';

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
/**
 * The values of a touch at the places of `kindFields`, each read by its name: a loop over names takes several times as
 * long. A field that is not stated has an empty text, as comparing texts alone is faster.
 * @returns which fields are stated, a bit each
 */
const readValues = (touch: TouchKind, values: string[]): number => {
  values[kindFields.action] = touch.action;
  values[kindFields.team] = touch.team;
  const { direction, channel, source, medium, campaign, content, page, landingPage, referrer } = touch;
  values[kindFields.direction] = direction ?? '';
  values[kindFields.channel] = channel ?? '';
  values[kindFields.source] = source ?? '';
  values[kindFields.medium] = medium ?? '';
  values[kindFields.campaign] = campaign ?? '';
  values[kindFields.content] = content ?? '';
  values[kindFields.page] = page ?? '';
  values[kindFields.landingPage] = landingPage ?? '';
  values[kindFields.referrer] = referrer ?? '';
  return (
    ALWAYS_STATED |
    bit(direction, kindFields.direction) |
    bit(channel, kindFields.channel) |
    bit(source, kindFields.source) |
    bit(medium, kindFields.medium) |
    bit(campaign, kindFields.campaign) |
    bit(content, kindFields.content) |
    bit(page, kindFields.page) |
    bit(landingPage, kindFields.landingPage) |
    bit(referrer, kindFields.referrer)
  );
};
const ALWAYS_STATED = (1 << kindFields.action) | (1 << kindFields.team);
const bit = (value: string | undefined, place: number): number => (value === undefined ? 0 : 1 << place);

const KEPT_CLASSIFICATIONS = 4;
const CLASSIFIED_BYTES = 200;
const KIND_BYTES = 300;
/** So many other kinds may have the hash of one before all characters count in hashes. */
const MAX_SAME_HASH = 8;

interface Classified {
  readonly kinds: (ClassifiedKind | undefined)[];
  readonly keys: Map<string, KeysOfValues>;
}

/** The kinds of touches, numbered as they are met. */
export class TouchKinds {
  readonly all: TouchKind[] = [];
  private readonly stated: number[] = [];
  private readonly values: string[][] = [];
  private readonly looked: string[] = kindFieldNames.map(() => '');
  private hashes = new Int32Array(64);
  /** Numbers from 1 by hash, at the next free place; 0 for none. At least half are free. */
  private table = new Int32Array(128);
  /** Whether hashes are made of a few characters of each value, which is faster. */
  private isSampled = true;
  private readonly classified = new Map<string, Classified>();
  private textBytes = 0;

  get bytes(): number {
    let sum = this.textBytes + this.table.byteLength + this.hashes.byteLength;
    for (const { kinds, keys } of this.classified.values()) {
      sum += kinds.length * CLASSIFIED_BYTES;
      for (const { bytes } of keys.values()) sum += bytes;
    }
    return sum;
  }

  /** The number of the kind of a touch. */
  of(touch: TouchKind): number {
    const { looked } = this;
    const stated = readValues(touch, looked);
    const hash = this.hashOf(looked, stated);
    const mask = this.table.length - 1;
    let sameHash = 0;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const kind = this.table[at]! - 1;
      if (kind < 0) break;
      if (this.hashes[kind] !== hash) continue;
      if (this.stated[kind] === stated && areSame(looked, this.values[kind]!)) return kind;
      sameHash++;
    }
    if (this.isSampled && sameHash > MAX_SAME_HASH) {
      this.isSampled = false;
      this.rehash(this.table.length);
    }
    return this.add(touch, stated);
  }

  /**
   * The kinds with their channels by some rules: each is classified once, when it is first met.
   * @param rules what tells these rules from others
   */
  classifiedBy(rules: string, classify: (touch: TouchKind) => TouchClassification): (kind: number) => ClassifiedKind {
    const { kinds } = this.keptFor(rules);
    return (kind) => (kinds[kind] ??= { ...this.all[kind]!, ...classify(this.all[kind]!) });
  }

  /**
   * The keys of the kinds by a field of theirs, kept as long as what they are classified by.
   * @param keyOf the same whenever rules and field are
   */
  keysBy(rules: string, field: string, keyOf: (kind: number) => string | null): KeysOfValues {
    const { keys } = this.keptFor(rules);
    let known = keys.get(field);
    if (!known) keys.set(field, (known = new KeysOfValues(keyOf)));
    return known;
  }

  private keptFor(rules: string): Classified {
    const known = this.classified.get(rules) ?? { kinds: [], keys: new Map<string, KeysOfValues>() };
    this.classified.delete(rules);
    this.classified.set(rules, known);
    if (this.classified.size > KEPT_CLASSIFICATIONS) this.classified.delete(this.classified.keys().next().value!);
    return known;
  }

  private add(touch: TouchKind, stated: number): number {
    const fields = kindFieldNames.flatMap((field) =>
      touch[field] === undefined ? [] : [[field, touch[field]] as const],
    );
    const kind = this.all.push(Object.fromEntries(fields) as unknown as TouchKind) - 1;
    this.stated.push(stated);
    this.values.push([...this.looked]);
    this.textBytes += fields.reduce((sum, [, value]) => sum + 2 * value.length, KIND_BYTES);
    if (this.all.length > this.hashes.length) {
      const hashes = new Int32Array(2 * this.hashes.length);
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    if (2 * this.all.length > this.table.length) this.rehash(2 * this.table.length);
    else this.enter(kind);
    return kind;
  }
  private rehash(length: number): void {
    this.table = new Int32Array(length);
    for (let kind = 0; kind < this.all.length; kind++) this.enter(kind);
  }
  private enter(kind: number): void {
    const hash = this.hashOf(this.values[kind]!, this.stated[kind]!);
    const mask = this.table.length - 1;
    let at = hash & mask;
    while (this.table[at] !== 0) at = (at + 1) & mask;
    this.table[at] = kind + 1;
    this.hashes[kind] = hash;
  }

  private hashOf(values: readonly string[], stated: number): number {
    const { isSampled } = this;
    let hash = stated;
    for (let field = 0; field < values.length; field++) {
      const value = values[field]!;
      const { length } = value;
      if (length === 0) continue;
      hash = (Math.imul(hash, 31) + length) | 0;
      if (isSampled) {
        // Values mostly differ at their ends
        hash = (Math.imul(hash, 31) + value.charCodeAt(length - 1)) | 0;
        if (length > 1) hash = (Math.imul(hash, 31) + value.charCodeAt(length - 2)) | 0;
        hash = (Math.imul(hash, 31) + value.charCodeAt(length >> 1)) | 0;
      } else for (let at = 0; at < length; at++) hash = (Math.imul(hash, 31) + value.charCodeAt(at)) | 0;
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }
}

const areSame = (values: readonly string[], others: readonly string[]): boolean => {
  for (let field = 0; field < values.length; field++) if (values[field] !== others[field]) return false;
  return true;
};
