import { withRoom } from '@baton/kernel';
import type { TouchClassification } from '@baton/definitions';
import type { JourneyTouch } from '../../write/journey/journey.events';
import { KeysOfValues } from './key-numbers.rules';
import { TextNumbers } from './text-numbers.rules';

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
const FIELDS = kindFieldNames.length;
const KEPT_CLASSIFICATIONS = 4;
const CLASSIFIED_BYTES = 200;
const KIND_BYTES = 300;

interface Classified {
  readonly kinds: (ClassifiedKind | undefined)[];
  readonly keys: Map<string, KeysOfValues>;
}

/** The kinds of touches, numbered as they are met. */
export class TouchKinds {
  readonly all: TouchKind[] = [];
  /** The numbers of the values of a kind, one after the other: of each field from 1, 0 for none. */
  private values = new Int32Array(64 * FIELDS);
  private readonly texts = kindFieldNames.map(() => new TextNumbers());
  private readonly lastTexts = kindFieldNames.map((): string | undefined => undefined);
  private readonly looked = new Int32Array(FIELDS);
  /** Numbers of kinds from 1 by hash, at the next free place; 0 for none. At least half are free. */
  private table = new Int32Array(128);
  private readonly classified = new Map<string, Classified>();
  private textBytes = 0;

  get bytes(): number {
    let sum = this.textBytes + this.table.byteLength + this.values.byteLength;
    for (const { bytes } of this.texts) sum += bytes;
    for (const { kinds, keys } of this.classified.values()) {
      sum += kinds.length * CLASSIFIED_BYTES;
      for (const { bytes } of keys.values()) sum += bytes;
    }
    return sum;
  }

  /** The number of the kind of a touch. Each field is read by its name: a loop over names takes several times as long. */
  of(touch: TouchKind): number {
    this.look(kindFields.action, touch.action);
    this.look(kindFields.team, touch.team);
    this.look(kindFields.direction, touch.direction);
    this.look(kindFields.channel, touch.channel);
    this.look(kindFields.source, touch.source);
    this.look(kindFields.medium, touch.medium);
    this.look(kindFields.campaign, touch.campaign);
    this.look(kindFields.content, touch.content);
    this.look(kindFields.page, touch.page);
    this.look(kindFields.landingPage, touch.landingPage);
    this.look(kindFields.referrer, touch.referrer);
    const { looked, table, values } = this;
    const mask = table.length - 1;
    for (let at = hashOf(looked, 0) & mask; ; at = (at + 1) & mask) {
      const kind = table[at]! - 1;
      if (kind < 0) return this.add(touch);
      let field = 0;
      while (field < FIELDS && values[kind * FIELDS + field] === looked[field]) field++;
      if (field === FIELDS) return kind;
    }
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

  private look(field: number, text: string | undefined): void {
    if (text === this.lastTexts[field]) return; // the same as of the touch before
    this.lastTexts[field] = text;
    this.looked[field] = text === undefined ? 0 : this.texts[field]!.of(text) + 1;
  }

  private add(touch: TouchKind): number {
    const stated = kindFieldNames.filter((field) => touch[field] !== undefined);
    const kind = this.all.push(Object.fromEntries(stated.map((field) => [field, touch[field]])) as never) - 1;
    this.textBytes += KIND_BYTES;
    this.values = withRoom(this.values, this.all.length * FIELDS);
    this.values.set(this.looked, kind * FIELDS);
    if (2 * this.all.length > this.table.length) {
      this.table = new Int32Array(2 * this.table.length);
      for (let each = 0; each < kind; each++) this.enter(each);
    }
    this.enter(kind);
    return kind;
  }
  private enter(kind: number): void {
    const mask = this.table.length - 1;
    let at = hashOf(this.values, kind * FIELDS) & mask;
    while (this.table[at] !== 0) at = (at + 1) & mask;
    this.table[at] = kind + 1;
  }
}

/** A hash of the values of a kind, which begin at a place. */
const hashOf = (values: Int32Array, from: number): number => {
  let hash = 0;
  for (let place = from; place < from + FIELDS; place++)
    hash = (Math.imul(hash ^ values[place]!, 0x2c1b3c6d) + hash) | 0;
  return hash ^ (hash >>> 15);
};
