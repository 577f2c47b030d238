import { ERASURE, type Position } from '@baton/kernel';
import type { EntryList } from '@baton/platform/documents';
import { isSamePerson, type CaseEntry, type CaseFileTime } from './case-file.rules';

/** Entries in log order; numbered from 0. */
export interface EntrySource {
  readonly length: number;
  at(number: number): CaseEntry;
  get<F extends keyof CaseEntry>(number: number, field: F): CaseEntry[F];
  /** Goes through a field of the entries that have it, from a number on. */
  scan<F extends keyof CaseEntry>(field: F, from: number, visit: (value: Present<F>, number: number) => void): void;
}
type Present<F extends keyof CaseEntry> = Exclude<CaseEntry[F], undefined>;

/** How many numbers from 0 on are so; none behind them is. */
const countWhile = (length: number, isSo: (number: number) => boolean): number => {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Oldest first; entries of one instant in the order of the log. */
const compareIn =
  (source: EntrySource, by: CaseFileTime) =>
  (one: number, other: number): number => {
    if (by === 'recorded') return one - other;
    const [a, b] = [source.get(one, 'occurredAt'), source.get(other, 'occurredAt')];
    return a < b ? -1 : a > b ? 1 : one - other;
  };

const numbersUpTo = (length: number, from = 0): number[] =>
  Array.from({ length: length - from }, (_, index) => from + index);

/** All entries in order of time; undefined: that of the log, as mostly what happens is recorded in that order. */
const orderedByTime = (source: EntrySource): readonly number[] | undefined => {
  let [last, isInOrder] = ['', true];
  source.scan('occurredAt', 0, (next) => {
    isInOrder &&= last <= next;
    last = next;
  });
  return isInOrder ? undefined : numbersUpTo(source.length).sort(compareIn(source, 'occurred'));
};

/** The order of time with later entries; only those from the first place on at which one of them belongs are sorted. */
const extendedByTime = (
  source: EntrySource,
  ordered: readonly number[] | undefined,
  known: number,
): readonly number[] | undefined => {
  const compare = compareIn(source, 'occurred');
  const added = numbersUpTo(source.length, known).sort(compare);
  const at = (place: number): number => ordered?.[place] ?? place;
  const place = countWhile(known, (one) => compare(at(one), added[0]!) < 0);
  if (place === known && !ordered && added.every((number, index) => number === known + index)) return undefined;
  const before = ordered ?? numbersUpTo(known);
  return [...before.slice(0, place), ...[...before.slice(place), ...added].sort(compare)];
};

type KeysOf<F extends keyof CaseEntry> = (value: Present<F>, source: EntrySource, number: number) => readonly string[];

/**
 * The numbers of entries by keys that follow from a field, each group in order. It is made when it is first used, and then
 * takes in what was added to the file; later entries than a file has are none of it.
 */
class Lookup<F extends keyof CaseEntry = keyof CaseEntry> {
  private readonly groups = new Map<string, number[]>();
  /** What was taken in. */
  private taken: EntrySource | undefined;

  constructor(
    private readonly field: F,
    private readonly keysOf: KeysOf<F>,
    private readonly by: CaseFileTime = 'recorded',
  ) {}

  /** All entries of a key. */
  all(file: CaseFileEntries, key: string): CaseEntry[] {
    const numbers = this.group(file, key).filter((number) => number < file.length);
    return numbers.map((number) => file.source.at(number));
  }

  /** The last entry of a key before another entry. */
  before(file: CaseFileEntries, key: string, position: Position): CaseEntry | undefined {
    const [group, number] = [this.group(file, key), file.numberOf(position)];
    let place = this.placeIn(group, number) - 1;
    while (place >= 0 && group[place]! >= file.length) place--;
    return place < 0 ? undefined : file.source.at(group[place]!);
  }

  private group(file: CaseFileEntries, key: string): readonly number[] {
    const known = this.taken?.length ?? 0;
    if (!this.taken || known < file.length) {
      this.taken = file.source;
      const insert = known > 0;
      file.source.scan(this.field, known, (value, number) => {
        for (const one of this.keysOf(value, file.source, number)) this.put(one, number, insert);
      });
      if (!insert && this.by === 'occurred' && !file.isInOrderOfTime)
        for (const group of this.groups.values()) group.sort(compareIn(file.source, 'occurred'));
    }
    return this.groups.get(key) ?? [];
  }

  private put(key: string, number: number, insert: boolean): void {
    const group = this.groups.get(key);
    if (!group) this.groups.set(key, [number]);
    else if (insert) group.splice(this.placeIn(group, number), 0, number);
    else group.push(number);
  }

  private placeIn(group: readonly number[], number: number): number {
    const compare = compareIn(this.taken!, this.by);
    const last = group.at(-1);
    if (last !== undefined && compare(last, number) < 0) return group.length;
    return countWhile(group.length, (place) => compare(group[place]!, number) < 0);
  }
}

const NONE: readonly string[] = [];
const ALL = ['all'];
const stateKey = (stream: string, state: string): string => `${stream} ${state}`;
const stateKeys: KeysOf<'states'> = (states, source, number) => {
  const stream = source.get(number, 'stream');
  return states.map((state) => stateKey(stream, state));
};
const ruleKey = (stream: string, rule: CaseEntry['rule']): string => JSON.stringify([stream, ...(rule?.per ?? [])]);

const newLookups = () => ({
  setters: { recorded: new Lookup('states', stateKeys), occurred: new Lookup('states', stateKeys, 'occurred') },
  ids: new Lookup('eventId', (eventId) => [eventId]),
  commands: new Lookup('commandId', (commandId) => [commandId]),
  /** Those that name the definition for later ones that do not. */
  definitions: new Lookup('rule', (rule, source, number) =>
    rule.per && rule.definition ? [ruleKey(source.get(number, 'stream'), rule)] : NONE,
  ),
  erasures: new Lookup('type', (type) => (type === ERASURE ? ALL : NONE)),
  /** Those that say who is the same person. */
  others: new Lookup('other', () => ALL),
});

/** The entries of a subject or of a person, in both orders, and what is looked up among them. */
export class CaseFileEntries {
  readonly length: number;
  /** Made when it is first needed; without numbers it is the order of the log. */
  private byTime: { readonly numbers: readonly number[] | undefined } | undefined;

  /** @param source all of them, each event once */
  constructor(
    readonly source: EntrySource,
    private readonly lookups = newLookups(),
  ) {
    this.length = source.length;
  }

  /** The file with more entries; what was made of this one is used on. @param source these ones, and later ones */
  grownTo(source: EntrySource): CaseFileEntries {
    const grown = new CaseFileEntries(source, this.lookups);
    if (this.byTime) grown.byTime = { numbers: extendedByTime(source, this.byTime.numbers, this.length) };
    return grown;
  }
  /** Whether it is another file, or what that has grown to. */
  isGrownFrom(other: CaseFileEntries): boolean {
    return this.lookups === other.lookups && this.length >= other.length;
  }
  /** The same object for a file and what it grows to. */
  get origin(): object {
    return this.lookups;
  }

  /** The number of the entry at a place of an order, oldest first. */
  numberAt(place: number, by: CaseFileTime): number {
    return (by === 'occurred' ? this.timeOrder()?.[place] : undefined) ?? place;
  }

  /** Entries in an order, oldest first. */
  slice(from: number, to: number, by: CaseFileTime): CaseEntry[] {
    const places = numbersUpTo(Math.max(from, Math.min(to, this.length)), from);
    return places.map((place) => this.source.at(this.numberAt(place, by)));
  }

  /** -1 for none. */
  numberOf(position: Position): number {
    const number = countWhile(this.length, (one) => this.source.get(one, 'position') < position);
    return number < this.length && this.source.get(number, 'position') === position ? number : -1;
  }

  /** The place of an entry in an order, -1 for none. */
  placeOf(position: Position, by: CaseFileTime): number {
    const number = this.numberOf(position);
    const ordered = by === 'occurred' && number >= 0 ? this.timeOrder() : undefined;
    if (!ordered) return number;
    const compare = compareIn(this.source, by);
    return countWhile(this.length, (place) => compare(ordered[place]!, number) < 0);
  }

  /** The entries after a position, in log order. */
  after(position: Position): CaseEntry[] {
    const from = countWhile(this.length, (one) => this.source.get(one, 'position') <= position);
    return this.slice(from, this.length, 'recorded');
  }

  /** The entry that set a state last before an entry, in its stream. */
  setterBefore({ stream, position }: CaseEntry, state: string, by: CaseFileTime): CaseEntry | undefined {
    return this.lookups.setters[by].before(this, stateKey(stream, state), position);
  }

  withId(eventId: string): CaseEntry | undefined {
    return this.lookups.ids.all(this, eventId)[0];
  }

  /** In log order. */
  ofCommand(commandId: string): readonly CaseEntry[] {
    return this.lookups.commands.all(this, commandId);
  }

  /** The definition that was named last for the rule of an entry. */
  definitionBefore({ stream, rule, position }: CaseEntry): string | undefined {
    return this.lookups.definitions.before(this, ruleKey(stream, rule), position)?.rule?.definition;
  }

  /** The people who were erased. */
  get erased(): ReadonlySet<string> {
    const streams = this.lookups.erasures.all(this, 'all').map(({ stream }) => stream);
    return new Set(streams.map((stream) => stream.slice(stream.indexOf('-') + 1)));
  }

  /** Who else is the same person. */
  get samePerson(): ReadonlySet<string> {
    return isSamePerson(this.lookups.others.all(this, 'all'));
  }

  get isInOrderOfTime(): boolean {
    return this.timeOrder() === undefined;
  }
  private timeOrder(): readonly number[] | undefined {
    this.byTime ??= { numbers: orderedByTime(this.source) };
    return this.byTime.numbers;
  }
}

/** Some entries of several sources, or of one. */
class SelectedEntries implements EntrySource {
  /** @param places in the order of the log: the number of an entry times the number of parts, and which part has it */
  constructor(
    readonly parts: readonly EntrySource[],
    readonly places: readonly number[],
  ) {}
  get length(): number {
    return this.places.length;
  }
  at(number: number): CaseEntry {
    const { part, place } = this.find(number);
    return part.at(place);
  }
  get<F extends keyof CaseEntry>(number: number, field: F): CaseEntry[F] {
    const { part, place } = this.find(number);
    return part.get(place, field);
  }
  scan<F extends keyof CaseEntry>(field: F, from: number, visit: (value: Present<F>, number: number) => void): void {
    for (let number = from; number < this.length; number++) {
      const value = this.get(number, field);
      if (value !== undefined) visit(value as Present<F>, number);
    }
  }
  private find(number: number) {
    const { parts, places } = this;
    return { part: parts[places[number]! % parts.length]!, place: Math.floor(places[number]! / parts.length) };
  }
}

/** The places of all entries from some numbers on, each event once. */
const merged = (parts: readonly EntrySource[], from: readonly number[]): number[] => {
  const places: number[] = [];
  const next = [...from];
  const positions = parts.map((part, index) => {
    const found: Position[] = [];
    part.scan('position', from[index]!, (position) => found.push(position));
    return found;
  });
  const positionIn = (index: number) => positions[index]![next[index]! - from[index]!];
  const heads = parts.map((_, index) => positionIn(index));
  for (;;) {
    let first = -1;
    for (const [index, head] of heads.entries())
      if (head !== undefined && (first === -1 || head < heads[first]!)) first = index;
    if (first === -1) return places;
    places.push(next[first]! * parts.length + first);
    const position = heads[first];
    for (const [index, head] of heads.entries())
      if (head === position) {
        next[index]!++;
        heads[index] = positionIn(index);
      }
  }
};

/** Those entries of a list that are so. */
export const selectEntries = (list: EntrySource, isSo: (number: number) => boolean): CaseFileEntries =>
  new CaseFileEntries(new SelectedEntries([list], numbersUpTo(list.length).filter(isSo)));

/** By the origin of a list. */
const files = new WeakMap<object, CaseFileEntries>();
/** The entries of a list; what is made of it is kept as long as the list. */
export const entriesOfSubject = (list: EntrySource & Pick<EntryList, 'origin'>): CaseFileEntries => {
  const known = files.get(list.origin);
  if (known?.length === list.length) return known;
  // A question that began earlier has the list of then.
  if (known && known.length > list.length) return new CaseFileEntries(list);
  const file = known?.grownTo(list) ?? new CaseFileEntries(list);
  files.set(list.origin, file);
  return file;
};

interface JoinedFile {
  readonly parts: readonly CaseFileEntries[];
  readonly whole: CaseFileEntries;
}
/** By the origin of the file of the subject that was asked for. */
const joined = new WeakMap<object, JoinedFile>();
/** The entries of several subjects as one file, each event once; what is made of it is kept as long as the first of them. */
export const joinEntries = (parts: readonly CaseFileEntries[]): CaseFileEntries => {
  if (parts.length === 1) return parts[0]!;
  const { origin } = parts[0]!;
  const known = joined.get(origin);
  const whole = (known && grown(known, parts)) ?? joinedAnew(parts.map(({ source }) => source));
  joined.set(origin, { parts, whole });
  return whole;
};

const joinedAnew = (sources: readonly EntrySource[]): CaseFileEntries => {
  const start = sources.map(() => 0);
  return new CaseFileEntries(new SelectedEntries(sources, merged(sources, start)));
};

/** The joined file with what was added to its parts; undefined if they are others, or something belongs further ahead. */
const grown = (
  { parts: before, whole }: JoinedFile,
  parts: readonly CaseFileEntries[],
): CaseFileEntries | undefined => {
  if (before.length !== parts.length || !parts.every((part, index) => part.isGrownFrom(before[index]!)))
    return undefined;
  const sources = parts.map(({ source }) => source);
  const added = merged(
    sources,
    before.map(({ length }) => length),
  );
  if (added.length === 0) return whole;
  const selected = new SelectedEntries(sources, [...(whole.source as SelectedEntries).places, ...added]);
  const [last, next] = [whole.length - 1, whole.length].map((number) => selected.get(number, 'position'));
  return next! > last! ? whole.grownTo(selected) : undefined;
};
