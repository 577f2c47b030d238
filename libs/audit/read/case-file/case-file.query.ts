import {
  codeInWords,
  Conflict,
  ERASURE,
  fieldInWords,
  isHiddenValue,
  isSealed,
  NotFound,
  UnknownType,
  valueInWords,
  type HiddenValue,
  type EventLog,
  type Instant,
  type Journal,
  type Json,
  type Position,
  type StoredEvent,
  type Sealed,
  type RawEvent,
} from '@baton/kernel';
import type { AsOf, ReadModels } from '@baton/platform/documents';
import { caseEntries, subjectsOf } from './case-file.projection';
import {
  type CaseEntry,
  compareBy,
  decisionsOf,
  isSame,
  namesStream,
  isSamePerson,
  settersOf,
  stateChangesOf,
  type CaseFileTime,
  type Catalogue,
  type Cause,
  type Decision,
  type EntryPosition,
  type StateChange,
} from './case-file.rules';

/** A state of the subject that an event set, and its previous value. */
export interface Change {
  /** `opportunity.expected-close` */
  readonly state: string;
  /** In words: `expected close`. */
  readonly field: string;
  /** Absent: unknown. A personal value that the reader may not see is `{ personal: 'sealed' }`. */
  readonly before?: unknown;
  readonly after: unknown;
  /** `expected close: 2024-03-01 → 2024-04-01` */
  readonly text: string;
}
/** A field of an event in words; amounts, durations and instants are formatted. */
export interface Fact {
  readonly field: string;
  readonly text: string;
}

/** One event of a case file, in words for an auditor. */
export interface CaseFileEntry {
  readonly position: string;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  /** `Sales rejected the lead: no budget` */
  readonly sentence: string;
  /** Who decided: a person, `system:mql@1`, `policy:handoff` or `connector:hubspot`; never empty. */
  readonly actor: string;
  /** Who sent the command that the event was recorded with. */
  readonly sender: string;
  readonly origin: 'person' | 'system' | 'connector';
  /** `backfill`: recorded later, by an import. */
  readonly mode: 'live' | 'backfill';
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly commandId: string;
  /** The event or command that caused it. */
  readonly causationId: string;
  /** The cause, with who decided it; null: the sender of the command. */
  readonly cause: Cause | null;
  /** The correlation id. */
  readonly correlationId: string;
  /** The definition and version that decided, `mql@3`. */
  readonly definition: string | null;
  /** All data of the event. Personal values are in clear, or `{ personal: 'sealed' }`, or `'forgotten'`. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly changes: readonly Change[];
  /** What neither the sentence nor the changes mention. */
  readonly facts: readonly Fact[];
  /** `sealed`: the reader may not see them; `forgotten`: the person was erased. */
  readonly personal: 'none' | 'open' | 'sealed' | 'forgotten';
}
export interface CaseFilePage {
  /** All leads and visitors that are the same person as the subject, the subject first. */
  readonly subjects: readonly string[];
  readonly entries: readonly CaseFileEntry[];
  readonly totalCount: number;
  readonly hasNextPage: boolean;
}

/** Where case files are read from. */
export interface CaseFiles {
  readonly models: ReadModels;
  readonly journal: Journal;
  readonly log: EventLog;
  readonly catalogue: Catalogue;
}
/** The parameters of a case file. */
export interface CaseFileView {
  /** Whether the reader may see personal fields. */
  readonly personal: boolean;
  readonly by?: CaseFileTime;
  readonly newestFirst?: boolean;
  readonly asOf?: AsOf | null | undefined;
}

/**
 * Everything that happened to a lead, deal or any other subject, by default in order of time, oldest first. Merged
 * leads appear as one, with the merges as entries, and so do visitors identified as the person. The previous value of a
 * change is the one that precedes it in the reader's order: that of time, or that of the log. The index lists the
 * events of the page; only these are read from the log and opened, and the events that set the previous values.
 * @param subject named as a stream, `lead-ada`
 * @param page    `after`: position of the last entry seen
 * @throws NotFound `case-file/unknown`, Refused `log/not-a-position`; Conflict `log/unavailable` if the log is
 *   unavailable, `case-file/other-log` if it does not contain an event of the index
 */
export const caseFilePage = async (
  files: CaseFiles,
  subject: string,
  { first, after, ...view }: CaseFileView & { readonly first: number; readonly after?: EntryPosition | undefined },
): Promise<CaseFilePage> => {
  const { subjects, entries } = await collectEvents(files, subject, view.asOf);
  if (entries.length === 0) throw new NotFound('case-file/unknown', `There are no events about ${subject}.`, 'subject');
  const compare = compareBy(view.by ?? 'occurred');
  const isSeen = (entry: CaseEntry): boolean =>
    after !== undefined && (view.newestFirst ? compare(entry, after) >= 0 : compare(entry, after) <= 0);
  const asked = inOrder(entries, view).filter((entry) => !isSeen(entry));
  return {
    subjects,
    entries: await entryBuilder(files, entries, view)(asked.slice(0, first)),
    totalCount: entries.length,
    hasNextPage: asked.length > first,
  };
};

const PAGE = 500;

/** The whole case file, entry by entry; nothing for a subject without events. See `caseFilePage`. */
export async function* caseFileOf(files: CaseFiles, subject: string, view: CaseFileView): AsyncIterable<CaseFileEntry> {
  const { entries } = await collectEvents(files, subject, view.asOf);
  const asked = inOrder(entries, view);
  const build = entryBuilder(files, entries, view);
  for (let start = 0; start < asked.length; start += PAGE) yield* await build(asked.slice(start, start + PAGE));
}

/**
 * Entries as they are added to a case file: first those after `after`, then each as it is recorded, in log order.
 * @param folded waits until the case file contains everything up to a position
 * @param page   `after`: position of the last entry seen, by default the end of the log; ends when `signal` aborts
 */
export async function* caseFileEvents(
  files: CaseFiles,
  folded: (position: Position) => Promise<void>,
  subject: string,
  { after, personal, signal }: { readonly after?: Position; readonly personal: boolean; readonly signal: AbortSignal },
): AsyncGenerator<CaseFileEntry> {
  const { log, catalogue } = files;
  const view = { personal, by: 'recorded' } as const;
  const tip = await log.tip();
  let seen = after ?? tip;
  const news = async (until: Position) => {
    await folded(until);
    const { subjects, entries } = await collectEvents(files, subject);
    const fresh = entries.filter(({ position }) => position > seen);
    return { subjects, newEntries: await entryBuilder(files, entries, view)(fresh) };
  };
  let { subjects, newEntries } = await news(tip);
  for (const entry of newEntries) yield entry;
  seen = newEntries.at(-1)?.position ?? seen;
  for await (const { events, position } of log.follow(tip, {}, { signal, limit: 500 })) {
    const concerned = events.some((event) => subjectsIn(catalogue, event).some((one) => subjects.includes(one)));
    if (!concerned) continue;
    ({ subjects, newEntries } = await news(position));
    for (const entry of newEntries) yield entry;
    seen = newEntries.at(-1)?.position ?? seen;
  }
}

/** The subjects of a stored event; its references are in the clear. */
const subjectsIn = (catalogue: Catalogue, event: RawEvent): string[] =>
  subjectsOf(catalogue, { ...event, occurredAt: event.meta.occurredAt } as StoredEvent);

const inOrder = (entries: readonly CaseEntry[], { by = 'occurred', newestFirst = false }: CaseFileView) => {
  const ordered = [...entries].sort(compareBy(by));
  return newestFirst ? ordered.reverse() : ordered;
};

/** Whether an entry belongs to the cut. The index has all fields that a cut needs, so nothing is folded again. */
const isWithin = ({ occurredAt, recordedAt, position }: CaseEntry, { happenedBy, knownBy, knownAt }: AsOf): boolean =>
  (!happenedBy || occurredAt <= happenedBy) && (!knownBy || recordedAt <= knownBy) && (!knownAt || position <= knownAt);

/** The entries of a subject and of all that are the same person, each event once, in log order. */
const collectEvents = async ({ models, log }: CaseFiles, subject: string, asOf?: AsOf | null) => {
  // A case file needs the log: without it, nobody can tell whether it is complete.
  if (asOf?.knownAt) log.assertPosition(asOf.knownAt);
  await log.tip();
  const found = new Map<string, CaseEntry>();
  const subjects: string[] = [];
  const waiting = [subject];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (subjects.includes(next)) continue;
    subjects.push(next);
    const all = await models.entries(caseEntries, next);
    const own = asOf ? all.filter((entry) => isWithin(entry, asOf)) : all;
    for (const entry of own) found.set(entry.position, entry);
    waiting.push(...isSamePerson(own));
  }
  return { subjects, entries: [...found.values()].sort(compareBy('recorded')) };
};

/** Runs of entries that are consecutive in their streams. */
const consecutiveRuns = (entries: Iterable<CaseEntry>): CaseEntry[][] => {
  const runs: CaseEntry[][] = [];
  const byPlace = [...entries].sort((a, b) =>
    a.stream === b.stream ? a.revision - b.revision : a.stream < b.stream ? -1 : 1,
  );
  for (const entry of byPlace) {
    const last = runs.at(-1)?.at(-1);
    if (last?.stream === entry.stream && last.revision + 1 === entry.revision) runs.at(-1)!.push(entry);
    else runs.push([entry]);
  }
  return runs;
};

type ReadableEvent = Pick<StoredEvent, 'type' | 'data' | 'meta'>;

/** The data of an event, or the stored data if only a newer version of Baton can read it. */
const decodeEvent = (journal: Journal, event: RawEvent): ReadableEvent => {
  try {
    return journal.decode(event);
  } catch (error) {
    if (error instanceof UnknownType) return event as ReadableEvent;
    throw error;
  }
};

/**
 * The events of some entries, by position; consecutive ones of a stream are one read.
 * @throws Conflict `case-file/other-log`
 */
const eventsOf = async (
  { log, journal }: CaseFiles,
  entries: Iterable<CaseEntry>,
): Promise<ReadonlyMap<string, ReadableEvent>> => {
  const found = new Map<string, ReadableEvent>();
  const read = async (run: readonly CaseEntry[]) => {
    const [{ stream, revision }] = run as readonly [CaseEntry];
    const events = await log.read(stream, revision, run.length);
    for (const [index, { position, eventId }] of run.entries()) {
      const event = events[index];
      if (event?.id !== eventId)
        throw new Conflict(
          'case-file/other-log',
          `The log does not hold event ${eventId} of ${stream}, which the case file names: it is another log, or was altered; run baton rebuild case-file.`,
        );
      found.set(position, decodeEvent(journal, event));
    }
  };
  await Promise.all(consecutiveRuns(entries).map(read));
  return found;
};

type Fields = Readonly<Record<string, unknown>>;
type Decryptor = (value: unknown) => unknown;

/**
 * Sealed values as the reader sees them: in clear, or sealed. Those of an erased person are forgotten; those whose key
 * is lost stay sealed.
 * @throws UnknownType `event/unreadable`
 */
const decryptorFor = async (
  journal: Journal,
  values: readonly Sealed[],
  mayOpen: boolean,
  erased: ReadonlySet<string>,
): Promise<Decryptor> => {
  // the person of an event that cannot be read is unknown
  const openable = values.filter(({ subject }) => subject !== undefined);
  const opened = mayOpen ? await journal.open(openable) : [];
  const clear = new Map<Sealed, Json | HiddenValue>();
  for (const [index, value] of opened.entries()) {
    if (value instanceof UnknownType && value.code !== 'event/no-key') throw value;
    if (!(value instanceof UnknownType)) clear.set(openable[index]!, value ?? { personal: 'forgotten' });
  }
  return (value) => {
    if (!isSealed(value)) return value;
    return clear.get(value) ?? { personal: erased.has(value.subject) ? 'forgotten' : 'sealed' };
  };
};

/**
 * @param entries all of the file in log order: the deciders and previous values are found among them
 * @returns a function that describes some of them, in the reader's order
 */
const entryBuilder = (
  files: CaseFiles,
  entries: readonly CaseEntry[],
  { by = 'occurred', personal }: CaseFileView,
): ((asked: readonly CaseEntry[]) => Promise<readonly CaseFileEntry[]>) => {
  const { journal, catalogue } = files;
  const ordered = by === 'recorded' ? entries : [...entries].sort(compareBy(by));
  const decisionOf = decisionsOf(catalogue, entries);
  const erased = new Set(
    entries.filter(({ type }) => type === ERASURE).map(({ stream }) => stream.slice('lead-'.length)),
  );
  return async (asked) => {
    const setters = settersOf(ordered, asked);
    const earlier = [...setters.values()].flatMap((states) => [...states.values()]);
    const events = await eventsOf(files, new Set([...asked, ...earlier]));
    const withChanges = asked.map((entry) => {
      const event = events.get(entry.position)!;
      const setBy = (state: string) => setters.get(entry.position)?.get(state);
      const before = (state: string) => events.get(setBy(state)?.position ?? '');
      return { entry, event, changes: stateChangesOf(catalogue, event, before) };
    });
    const shown = withChanges.flatMap(({ event, changes }) => [
      ...Object.values(event.data as Fields),
      ...changes.map(({ before }) => before),
    ]);
    const reveal = await decryptorFor(journal, [...new Set(shown.filter(isSealed))], personal, erased);
    return withChanges.map(({ entry, event, changes }) =>
      entryOf(catalogue, entry, event, decisionOf(entry, event), changes, reveal),
    );
  };
};

const changeOf = (
  { state, field: name, before, after }: StateChange,
  catalogue: Catalogue,
  type: string,
  reveal: Decryptor,
): Change => {
  const field = codeInWords(state.slice(state.indexOf('.') + 1));
  const [was, is] = [reveal(before), reveal(after)];
  const schema = catalogue.get(type)?.object.properties[name];
  const known = was !== undefined;
  const text = `${field}: ${known ? `${valueInWords(was, schema)} → ` : ''}${valueInWords(is, schema)}`;
  return { state, field, ...(known && { before: was }), after: is, text };
};
const isChange = ({ before, after }: Change): boolean => isHiddenValue(after) || !isSame(before, after);

const personalOf = (stored: Fields, data: Fields): CaseFileEntry['personal'] => {
  const seen = Object.keys(stored)
    .filter((field) => isSealed(stored[field]))
    .map((field) => data[field]);
  if (seen.length === 0) return 'none';
  const closed = seen.filter(isHiddenValue);
  if (closed.length < seen.length) return 'open';
  return closed.some(({ personal }) => personal === 'sealed') ? 'sealed' : 'forgotten';
};

const entryOf = (
  catalogue: Catalogue,
  entry: CaseEntry,
  event: ReadableEvent,
  decision: Decision,
  stateChanges: readonly StateChange[],
  reveal: Decryptor,
): CaseFileEntry => {
  const { position, eventId, type, stream, revision, occurredAt, recordedAt } = entry;
  const { meta } = event;
  const stored = event.data as Fields;
  const schema = catalogue.get(type);
  const data = Object.fromEntries(Object.entries(stored).map(([field, value]) => [field, reveal(value)]));
  const changes = stateChanges.map((one) => changeOf(one, catalogue, type, reveal)).filter(isChange);
  const changed = stateChanges.filter((one) => changes.some(({ state }) => state === one.state));
  // The changes contain the previous value. An event contains it as known when it was recorded, which later events may
  // correct.
  const before = changed.length > 0 ? ['from'] : [];
  const mentioned = new Set([
    ...(schema?.sentence.shownFields(data) ?? []),
    ...changed.map(({ field }) => field),
    ...before,
  ]);
  const facts = Object.entries(data)
    .filter(([field, value]) => value !== undefined && !mentioned.has(field) && !namesStream(entry, field, value))
    .map(([field, value]) => ({
      field: fieldInWords(field),
      text: valueInWords(value, schema?.object.properties[field]),
    }));
  return {
    ...{ position, eventId, type, stream, revision },
    sentence: schema?.sentence.render(data) ?? `${type}: this version of Baton does not know this event`,
    actor: decision.actor,
    sender: meta.actor,
    origin: meta.origin,
    mode: meta.mode,
    occurredAt,
    recordedAt,
    commandId: meta.commandId,
    causationId: meta.$causationId,
    cause: decision.cause,
    correlationId: meta.$correlationId,
    definition: typeof data['definition'] === 'string' ? data['definition'] : null,
    data,
    changes,
    facts,
    personal: personalOf(stored, data),
  };
};
