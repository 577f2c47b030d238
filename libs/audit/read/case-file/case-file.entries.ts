import { ERASURE, type Position } from '@baton/kernel';
import { compareBy, isSamePerson, type CaseEntry, type CaseFileTime } from './case-file.rules';

type Compare = (a: CaseEntry, b: CaseEntry) => number;
const compare: Readonly<Record<CaseFileTime, Compare>> = {
  recorded: compareBy('recorded'),
  occurred: compareBy('occurred'),
};

/** How many entries at the beginning are so; none behind them is. */
const countWhile = (entries: readonly CaseEntry[], isSo: (entry: CaseEntry) => boolean): number => {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(entries[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
};
const countBefore = (entries: readonly CaseEntry[], entry: CaseEntry, by: CaseFileTime): number =>
  countWhile(entries, (one) => compare[by](one, entry) < 0);

/** Mostly what happens is recorded in that order. @param entries in log order */
const inOrderOfTime = (entries: readonly CaseEntry[]): readonly CaseEntry[] =>
  entries.every(({ occurredAt }, place) => place === 0 || entries[place - 1]!.occurredAt <= occurredAt)
    ? entries
    : [...entries].sort(compare.occurred);
/** Entries in order of time; only those from the first place on at which a new one belongs are sorted. */
const insertedByTime = (entries: readonly CaseEntry[], added: readonly CaseEntry[]): readonly CaseEntry[] => {
  const first = added.reduce((one, other) => (compare.occurred(other, one) < 0 ? other : one));
  const place = countBefore(entries, first, 'occurred');
  return [...entries.slice(0, place), ...[...entries.slice(place), ...added].sort(compare.occurred)];
};

/**
 * Entries by some key, each group in order. It is made when it is first used, and then takes in what was added to the file;
 * later entries than a file has are none of it.
 */
class Lookup {
  private readonly groups = new Map<string, CaseEntry[]>();
  private taken = 0;

  constructor(
    private readonly keysOf: (entry: CaseEntry) => readonly string[],
    private readonly by: CaseFileTime = 'recorded',
  ) {}

  /** All entries of a key. */
  all(file: CaseFileEntries, key: string): readonly CaseEntry[] {
    return this.group(file, key).filter(({ position }) => position <= file.position);
  }

  /** The last entry of a key before another entry. */
  before(file: CaseFileEntries, key: string, entry: CaseEntry): CaseEntry | undefined {
    const group = this.group(file, key);
    let place = countBefore(group, entry, this.by) - 1;
    while (place >= 0 && group[place]!.position > file.position) place--;
    return group[place];
  }

  private group(file: CaseFileEntries, key: string): readonly CaseEntry[] {
    if (this.taken === 0) for (const entry of file.ordered(this.by)) this.take(entry);
    else for (const entry of file.recorded.slice(this.taken)) this.take(entry);
    this.taken = Math.max(this.taken, file.recorded.length);
    return this.groups.get(key) ?? [];
  }

  private take(entry: CaseEntry): void {
    for (const key of this.keysOf(entry)) {
      const group = this.groups.get(key);
      if (!group) this.groups.set(key, [entry]);
      else if (compare[this.by](group.at(-1)!, entry) < 0) group.push(entry);
      else group.splice(countBefore(group, entry, this.by), 0, entry);
    }
  }
}

const stateKey = (stream: string, state: string): string => `${stream} ${state}`;
const NO_KEYS: readonly string[] = [];
const ERASURES = [ERASURE];
const OTHERS = ['other'];
const stateKeys = ({ stream, states }: CaseEntry) => states?.map((state) => stateKey(stream, state)) ?? NO_KEYS;
const ruleKey = ({ stream, rule }: CaseEntry): string => JSON.stringify([stream, ...(rule?.per ?? [])]);

const newLookups = () => ({
  setters: { recorded: new Lookup(stateKeys), occurred: new Lookup(stateKeys, 'occurred') },
  ids: new Lookup(({ eventId }) => [eventId]),
  commands: new Lookup(({ commandId }) => [commandId]),
  /** Those that name the definition for later ones that do not. */
  definitions: new Lookup((entry) => (entry.rule?.per && entry.rule.definition ? [ruleKey(entry)] : NO_KEYS)),
  /** The few that say who was erased, and who is the same person. */
  marked: new Lookup(({ type, other }) => (type === ERASURE ? ERASURES : other === undefined ? NO_KEYS : OTHERS)),
});

/** The entries of a subject or of a person, in both orders, and what is looked up among them. */
export class CaseFileEntries {
  private byTime: readonly CaseEntry[] | undefined;

  /** @param recorded all of them, in log order, each event once */
  constructor(
    readonly recorded: readonly CaseEntry[],
    private readonly lookups = newLookups(),
  ) {}

  /** The entries of several subjects as one file. */
  static of(parts: readonly CaseFileEntries[]): CaseFileEntries {
    return parts.length === 1 ? parts[0]! : new CaseFileEntries(eachOnce(parts.map(({ recorded }) => recorded)));
  }

  /** The last position. */
  get position(): Position {
    return this.recorded.at(-1)?.position ?? '';
  }

  /** The file with more entries; what was made of this one is used on. @param recorded these ones, and later ones */
  grownTo(recorded: readonly CaseEntry[]): CaseFileEntries {
    const grown = new CaseFileEntries(recorded, this.lookups);
    if (this.byTime) grown.byTime = insertedByTime(this.byTime, recorded.slice(this.recorded.length));
    return grown;
  }

  /** Oldest first. */
  ordered(by: CaseFileTime): readonly CaseEntry[] {
    if (by === 'recorded') return this.recorded;
    return (this.byTime ??= inOrderOfTime(this.recorded));
  }

  /** The place of an entry in an order, -1 for none. */
  placeOf(position: Position, by: CaseFileTime): number {
    const place = countWhile(this.recorded, (one) => one.position < position);
    const entry = this.recorded[place];
    if (entry?.position !== position) return -1;
    return by === 'recorded' ? place : countBefore(this.ordered(by), entry, by);
  }

  /** The entries after a position, in log order. */
  after(position: Position): readonly CaseEntry[] {
    return this.recorded.slice(countWhile(this.recorded, (one) => one.position <= position));
  }

  /** The entry that set a state last before an entry, in its stream. */
  setterBefore(entry: CaseEntry, state: string, by: CaseFileTime): CaseEntry | undefined {
    return this.lookups.setters[by].before(this, stateKey(entry.stream, state), entry);
  }

  withId(eventId: string): CaseEntry | undefined {
    return this.lookups.ids.all(this, eventId)[0];
  }

  /** In log order. */
  ofCommand(commandId: string): readonly CaseEntry[] {
    return this.lookups.commands.all(this, commandId);
  }

  /** The definition that was named last for the rule of an entry. */
  definitionBefore(entry: CaseEntry): string | undefined {
    return this.lookups.definitions.before(this, ruleKey(entry), entry)?.rule?.definition;
  }

  /** The people who were erased. */
  get erased(): ReadonlySet<string> {
    const streams = this.lookups.marked.all(this, ERASURE).map(({ stream }) => stream);
    return new Set(streams.map((stream) => stream.slice(stream.indexOf('-') + 1)));
  }

  /** Who else is the same person. */
  get samePerson(): ReadonlySet<string> {
    return isSamePerson(this.lookups.marked.all(this, 'other'));
  }
}

/** By the first entry of a list, which `ReadModels` keeps as long as the list. */
const files = new WeakMap<CaseEntry, CaseFileEntries>();
interface JoinedFile {
  readonly parts: readonly CaseFileEntries[];
  readonly whole: CaseFileEntries;
}
/** By the first entry of the list of the subject that was asked for. */
const joined = new WeakMap<CaseEntry, JoinedFile>();

/** The entries of a list as `ReadModels.entries` gives it; what is made of it is kept as long as the list. */
export const entriesOfSubject = (list: readonly CaseEntry[]): CaseFileEntries => {
  const [first] = list;
  const known = first && files.get(first);
  if (known?.recorded.length === list.length) return known;
  // A question that began earlier has the list of then.
  if (known && known.recorded.length > list.length) return new CaseFileEntries(list);
  const file = known?.grownTo(list) ?? new CaseFileEntries(list);
  if (first) files.set(first, file);
  return file;
};

/** The entries of several subjects as one file, each event once; what is made of it is kept as long as their lists. */
export const joinEntries = (parts: readonly CaseFileEntries[]): CaseFileEntries => {
  if (parts.length === 1) return parts[0]!;
  const first = parts[0]!.recorded[0]!;
  const known = joined.get(first);
  if (known && known.parts.length === parts.length && known.parts.every((part, index) => part === parts[index]))
    return known.whole;
  const whole = (known && grown(known, parts)) ?? CaseFileEntries.of(parts);
  joined.set(first, { parts, whole });
  return whole;
};

/** The joined file with what was added to its parts; undefined if they are others, or something belongs further ahead. */
const grown = (
  { parts: before, whole }: JoinedFile,
  parts: readonly CaseFileEntries[],
): CaseFileEntries | undefined => {
  const isGrown = (part: CaseFileEntries, index: number): boolean =>
    part.recorded[0] === before[index]!.recorded[0] && part.recorded.length >= before[index]!.recorded.length;
  if (before.length !== parts.length || !parts.every(isGrown)) return undefined;
  const added = eachOnce(parts.map(({ recorded }, index) => recorded.slice(before[index]!.recorded.length)));
  if (added.length === 0) return whole;
  return added[0]!.position > whole.position ? whole.grownTo([...whole.recorded, ...added]) : undefined;
};

const eachOnce = (lists: readonly (readonly CaseEntry[])[]): CaseEntry[] => {
  const found = new Map(lists.flat().map((entry) => [entry.position, entry]));
  return [...found.values()].sort(compare.recorded);
};
