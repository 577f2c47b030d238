import {
  callerOrigins,
  codeInWords,
  Conflict,
  enumeration,
  field,
  fieldInWords,
  isHiddenValue,
  isSealed,
  NotFound,
  objectFields,
  Refused,
  UnknownType,
  withoutSecrets,
  valueInWords,
  type HiddenValue,
  type EventLog,
  type ClosedJournal,
  type Json,
  type ObjectOf,
  type Position,
  type StoredEvent,
  type Sealed,
  type RawEvent,
} from '@baton/kernel';
import type { PersonalReads } from '@baton/platform/access';
import type { AsOf, EntryList, PagedRows, ReadModels } from '@baton/platform/documents';
import type { ReportSources } from '@baton/platform/report';
import { entriesOfSubject, joinEntries, selectEntries, type CaseFileEntries } from './case-file.entries';
import { caseEntries, subjectsOf } from './case-file.projection';
import {
  caseFileCause,
  type CaseEntry,
  decisionsOf,
  isSame,
  namesStream,
  stateChangesOf,
  type CaseFileTime,
  type Catalogue,
  type Decision,
  type StateChange,
} from './case-file.rules';

const HIDDEN = 'A personal value not shown is `{ personal: "sealed" }`';
const fieldChange = objectFields(
  'FieldChange',
  'Something that holds of the subject from an event on, and what held before.',
  {
    state: field.text('What is known of which kind of subject: `opportunity.expected-close`.'),
    field: field.text('The same in words: `expected close`.'),
    before: field.json(`What held before; null: nothing was known. ${HIDDEN}.`, { optional: true }),
    after: field.json(`What holds from then on. ${HIDDEN} or \`"forgotten"\`.`, { nullable: true }),
    text: field.text('For people: `expected close: 2024-03-01 → 2024-04-01`.'),
  },
);
export type Change = ObjectOf<typeof fieldChange.fields>;

const fact = objectFields('CaseFileFact', 'A field of an event in words.', {
  field: field.text('The field, in words.'),
  text: field.text(
    'Its value as people read it, at most 300 characters: `2 h 5 min`, `1,000.00 USD`. Whole in `data`.',
  ),
});
export type Fact = ObjectOf<typeof fact.fields>;

const recordingModes = enumeration('RecordingMode', 'How an event was recorded.', {
  live: 'When it happened, or when somebody reported it.',
  backfill: 'Later, by an import of history; nobody was notified.',
});
const personalStates = enumeration('PersonalFields', 'The personal fields of an event.', {
  none: 'It has none.',
  open: 'They can be read.',
  sealed: 'This caller may not read them.',
  forgotten: 'The person was erased; nobody can read them.',
});
export const caseFileEntry = objectFields('CaseFileEntry', 'One event that concerns the subject.', {
  position: field.text('Its place in the log.'),
  eventId: field.id('The event.'),
  type: field.text('What happened: the event type.'),
  stream: field.text('The stream that it stands in.'),
  revision: field.integer('Its place in the stream, from 0.'),
  sentence: field.text('One plain sentence: `Sales rejected the lead: no budget`.'),
  actor: field.text('Who decided: a person, `system:mql@1` for a rule, `policy:handoff` or `connector:hubspot`.'),
  sender: field.text('Who sent the command that it was recorded with.'),
  origin: field.enum(callerOrigins, 'What sent it.'),
  mode: field.enum(recordingModes, 'How it was recorded.'),
  occurredAt: field.instant('When it happened.'),
  recordedAt: field.instant('When it was recorded.'),
  commandId: field.id('The command that caused it.'),
  causationId: field.id('The event or command that it follows from.'),
  cause: field.object(
    caseFileCause,
    'What it follows from and who decided that; null: whoever sent the command wanted it.',
    { nullable: true },
  ),
  correlationId: field.id('The conversation it belongs to.'),
  definition: field.text('The definition and version that decided, `mql@3`.', { nullable: true }),
  data: field.json(`All that it says. ${HIDDEN} or \`{ personal: "forgotten" }\`.`),
  changes: field.object(
    fieldChange,
    'What it changed of its subject, before and after; what an occurrence was like (a touch) changes nothing.',
    { list: true },
  ),
  facts: field.object(fact, 'What neither the sentence nor the changes say, field by field.', { list: true }),
  personal: field.enum(personalStates, 'Whether it has personal fields, and whether they can be read.'),
});
/** One event of a case file, in words for an auditor. */
export type CaseFileEntry = ObjectOf<typeof caseFileEntry.fields>;

/** How personal fields are opened. */
export type CaseFileReads = Pick<PersonalReads, 'maySee' | 'open'>;
/** Where case files are read from. */
export interface CaseFiles {
  readonly models: ReadModels;
  readonly journal: ClosedJournal;
  readonly log: EventLog;
  readonly catalogue: Catalogue;
}
/** The parameters of a case file. */
export interface CaseFileView {
  /** Opens personal fields for readers who may see them; without it all of them stay sealed. */
  readonly reads?: CaseFileReads | undefined;
  readonly by?: CaseFileTime;
  readonly newestFirst?: boolean;
  readonly asOf?: AsOf | null | undefined;
}

const SUBJECT = /^[a-z][a-z-]*-[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;
/** @throws Refused `graphql/invalid-argument` */
const checkSubject = (subject: string): void => {
  if (!SUBJECT.test(subject))
    throw new Refused(
      'graphql/invalid-argument',
      'subject must be a kind and an id, such as lead-7f3c or opportunity-42.',
      'subject',
    );
};

const unknownSubject = (subject: string) =>
  new NotFound('case-file/unknown', `There are no events about ${subject}.`, 'subject');

/**
 * Everything that happened to a lead, deal or any other subject, by default in order of time, oldest first. Merged
 * leads appear as one, with the merges as entries, and so do visitors identified as the person. The previous value of a
 * change is the one that precedes it in the reader's order: that of time, or that of the log.
 * @param subject named as a stream, `lead-ada`
 * @returns `entries`: the index of the events, in order; `show`: some of them in full. Only their events are read from
 *   the log and opened, and the events that set the previous values
 * @throws NotFound `case-file/unknown`, Refused `graphql/invalid-argument`, `log/not-a-position`; Conflict
 *   `log/unavailable` if the log is unavailable, `case-file/other-log` if it does not contain an event of the index
 */
export const openCaseFile = async (files: CaseFiles, subject: string, view: CaseFileView) => {
  checkSubject(subject);
  const { file } = await collectEvents(files, subject, view.asOf);
  if (file.length === 0) throw unknownSubject(subject);
  return { entries: asAsked(file, view), show: entryBuilder(files, file, view) };
};

const PAGE = 500;

/** The whole case file, entry by entry; nothing for a subject without events. See `openCaseFile`. */
export async function* caseFileOf(files: CaseFiles, subject: string, view: CaseFileView): AsyncIterable<CaseFileEntry> {
  const { file } = await collectEvents(files, subject, view.asOf);
  const asked = asAsked(file, view);
  const build = entryBuilder(files, file, view);
  for (let start = 0; start < asked.length; start += PAGE) yield* await build(asked.slice(start, start + PAGE));
}

/**
 * Entries as they are added to a case file: first those after `after`, then each as it is recorded, in log order.
 * @param page   `after`: position of the last entry seen, by default the end of the log; ends when `signal` aborts
 * @throws Refused `graphql/invalid-argument`
 */
export async function* caseFileEvents(
  files: CaseFiles & Pick<ReportSources, 'runner'>,
  subject: string,
  { after, reads, signal }: { readonly after?: Position; readonly reads: PersonalReads; readonly signal: AbortSignal },
): AsyncGenerator<CaseFileEntry> {
  checkSubject(subject);
  const { log, catalogue } = files;
  const tip = await log.tip();
  let seen = after ?? tip;
  const news = async (until: Position) => {
    await files.runner.waitFor(until);
    const { subjects, file } = await collectEvents(files, subject);
    const build = entryBuilder(files, file, { by: 'recorded', reads: reads.another() });
    return { subjects, newEntries: await build(file.after(seen)) };
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

/** The entries in the order that was asked for. */
const asAsked = (
  file: CaseFileEntries,
  { by = 'occurred', newestFirst = false }: CaseFileView,
): PagedRows<CaseEntry> => {
  const { length } = file;
  if (!newestFirst)
    return {
      length,
      slice: (from, to) => file.slice(from, to, by),
      placeOf: (position) => file.placeOf(position, by),
    };
  return {
    length,
    slice: (from, to) => file.slice(Math.max(0, length - to), Math.max(0, length - from), by).reverse(),
    placeOf: (position) => {
      const place = file.placeOf(position, by);
      return place === -1 ? -1 : length - 1 - place;
    },
  };
};

/** The entries of a list that belong to a cut. The index has all fields that a cut needs, so nothing is folded again. */
const withinCut = (list: EntryList<CaseEntry>, { happenedBy, knownBy, knownAt }: AsOf): CaseFileEntries =>
  selectEntries(
    list,
    (number) =>
      (!happenedBy || list.get(number, 'occurredAt') <= happenedBy) &&
      (!knownBy || list.get(number, 'recordedAt') <= knownBy) &&
      (!knownAt || list.get(number, 'position') <= knownAt),
  );

/** The entries of a subject and of all that are the same person, each event once. */
const collectEvents = async (
  { models, log }: Pick<CaseFiles, 'models' | 'log'>,
  subject: string,
  asOf?: AsOf | null,
) => {
  // A case file needs the log: without it, nobody can tell whether it is complete.
  if (asOf?.knownAt) log.assertPosition(asOf.knownAt);
  await log.tip();
  const parts: CaseFileEntries[] = [];
  const subjects: string[] = [];
  const waiting = [subject];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (subjects.includes(next)) continue;
    subjects.push(next);
    const list = await models.list(caseEntries, next);
    const own = asOf ? withinCut(list, asOf) : entriesOfSubject(list);
    parts.push(own);
    waiting.push(...own.samePerson);
  }
  return { subjects, file: joinEntries(parts) };
};

/**
 * The leads that are the same person as a subject, itself among them.
 * @throws NotFound `case-file/unknown`, Refused `graphql/invalid-argument`; Conflict `log/unavailable`
 */
export const leadsOfPerson = async (
  files: Pick<CaseFiles, 'models' | 'log'>,
  subject: string,
): Promise<readonly string[]> => {
  checkSubject(subject);
  const { subjects, file } = await collectEvents(files, subject);
  if (file.length === 0) throw unknownSubject(subject);
  return subjects.filter((one) => one.startsWith('lead-'));
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
const decodeEvent = (journal: ClosedJournal, event: RawEvent): ReadableEvent => {
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
 * @throws UnknownType `event/unreadable`; Conflict `access/not-recorded`
 */
const decryptorFor = async (
  values: readonly Sealed[],
  reads: CaseFileReads | undefined,
  erased: ReadonlySet<string>,
): Promise<Decryptor> => {
  // the person of an event that cannot be read is unknown
  const openable = values.filter(({ subject }) => subject !== undefined && reads?.maySee(subject));
  const opened = reads && openable.length > 0 ? await reads.open(openable) : [];
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
 * @param file all of its entries: deciders and previous values are found among them
 * @returns a function that describes some of them
 */
const entryBuilder = (
  files: CaseFiles,
  file: CaseFileEntries,
  { by = 'occurred', reads }: Pick<CaseFileView, 'by' | 'reads'>,
): ((asked: readonly CaseEntry[]) => Promise<readonly CaseFileEntry[]>) => {
  const { catalogue } = files;
  const decisionOf = decisionsOf(catalogue, file);
  return async (asked) => {
    const setters = asked.map(
      (entry) => new Map((entry.states ?? []).map((state) => [state, file.setterBefore(entry, state, by)])),
    );
    const earlier = setters.flatMap((states) => [...states.values()].filter((one) => one !== undefined));
    const wanted = new Map([...asked, ...earlier].map((entry) => [entry.position, entry]));
    const events = await eventsOf(files, wanted.values());
    const withChanges = asked.map((entry, index) => {
      const event = events.get(entry.position)!;
      const before = (state: string) => events.get(setters[index]!.get(state)?.position ?? '');
      return { entry, event, changes: stateChangesOf(catalogue, event, before) };
    });
    const shown = withChanges.flatMap(({ event, changes }) => [
      ...Object.values(event.data as Fields),
      ...changes.map(({ before }) => before),
    ]);
    const reveal = await decryptorFor([...new Set(shown.filter(isSealed))], reads, file.erased);
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
  return { state, field, ...(known && { before: was as Json }), after: is as Json, text };
};
const isChange = ({ before, after }: Change): boolean => isHiddenValue(after) || !isSame(before, after);

const personalOf = (stored: Fields, data: Fields): 'none' | 'open' | 'sealed' | 'forgotten' => {
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
  const stored = withoutSecrets(catalogue, event);
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
    data: data as Json,
    changes,
    facts,
    personal: personalOf(stored, data),
  };
};
