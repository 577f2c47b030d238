import {
  isSealed,
  NotFound,
  UnknownType,
  type EventLog,
  type EventSchema,
  type Instant,
  type Journal,
  type Json,
  type Position,
  type Recorded,
  type Sealed,
  type StoredEvent,
} from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { caseEntries, subjectsOf, type CaseEntry } from './case-file.projection';
import { changesOf, samePerson, type Change } from './case-file.rules';

/** One event of a case file, in the words of an auditor. */
export interface CaseFileEntry {
  readonly position: string;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  /** Person, policy or connector; never empty. */
  readonly actor: string;
  readonly origin: 'person' | 'system' | 'connector';
  /** `backfill`: told later, by an import. */
  readonly mode: 'live' | 'backfill';
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly commandId: string;
  /** The event or command that it follows from. */
  readonly causationId: string;
  /** The conversation it belongs to. */
  readonly correlationId: string;
  /** The definition and version that decided, `mql@3`. */
  readonly definition: string | null;
  readonly changes: readonly Change[];
  /** `sealed`: the reader may not see them; `forgotten`: the person was erased. */
  readonly personal: 'none' | 'open' | 'sealed' | 'forgotten';
}
export interface CaseFilePage {
  /** Everybody who stands as one with the subject, the subject first. */
  readonly subjects: readonly string[];
  readonly entries: readonly CaseFileEntry[];
  readonly totalCount: number;
  readonly hasNextPage: boolean;
}

/**
 * Everything that happened to a lead, deal or any other subject, in log order. Leads that stand merged appear as one,
 * with the merges as entries, and so do the visitors that turned out to be the person.
 * @param subject   named as a stream, `lead-ada`
 * @param page      `after` is the position of the last entry seen; `personal`: may the reader see personal fields
 * @throws NotFound `case-file/unknown`
 */
export const caseFilePage = async (
  models: ReadModels,
  journal: Journal,
  subject: string,
  { first, after = '', personal }: { readonly first: number; readonly after?: string; readonly personal: boolean },
): Promise<CaseFilePage> => {
  const { subjects, entries } = await gather(models, subject);
  if (entries.length === 0) throw new NotFound('case-file/unknown', `Nothing is known of ${subject}.`, 'subject');
  const start = entries.filter(({ position }) => position <= after).length;
  const end = Math.min(start + first, entries.length);
  // Earlier entries are read too: they say what a field was before.
  const told = await inWords(journal, entries.slice(0, end), personal);
  return {
    subjects,
    entries: told.slice(start),
    totalCount: entries.length,
    hasNextPage: end < entries.length,
  };
};

/** The whole case file, entry by entry; nothing for a subject that no event concerns. See `caseFilePage`. */
export async function* caseFileOf(
  models: ReadModels,
  journal: Journal,
  subject: string,
  { personal }: { readonly personal: boolean },
): AsyncIterable<CaseFileEntry> {
  yield* await inWords(journal, (await gather(models, subject)).entries, personal);
}

/**
 * What comes to a case file: first what stands in it behind `after`, then each entry as it is recorded, in log order.
 * @param folded waits until the case file holds everything up to a position
 * @param page   `after`: position of the last entry seen, by default the end of the log; ends when `signal` aborts
 */
export async function* caseFileEvents(
  {
    models,
    journal,
    log,
    catalogue,
    folded,
  }: {
    readonly models: ReadModels;
    readonly journal: Journal;
    readonly log: EventLog;
    readonly catalogue: ReadonlyMap<string, EventSchema>;
    readonly folded: (position: Position) => Promise<void>;
  },
  subject: string,
  { after, personal, signal }: { readonly after?: Position; readonly personal: boolean; readonly signal: AbortSignal },
): AsyncGenerator<CaseFileEntry> {
  const tip = await log.tip();
  let seen = after ?? tip;
  const news = async (until: Position) => {
    await folded(until);
    const { subjects, entries } = await gather(models, subject);
    const fresh = entries.findIndex(({ position }) => position > seen);
    // Earlier entries say what a field was before.
    const told = fresh < 0 ? [] : (await inWords(journal, entries, personal)).slice(fresh);
    return { subjects, told };
  };
  let { subjects, told } = await news(tip);
  for (const entry of told) yield entry;
  seen = told.at(-1)?.position ?? seen;
  for await (const { events, position } of log.follow(tip, {}, { signal, limit: 500 })) {
    const concerned = events.some((event) => subjectsIn(catalogue, event).some((one) => subjects.includes(one)));
    if (!concerned) continue;
    ({ subjects, told } = await news(position));
    for (const entry of told) yield entry;
    seen = told.at(-1)?.position ?? seen;
  }
}

/** Whom a stored event concerns; its references are in the clear. */
const subjectsIn = (catalogue: ReadonlyMap<string, EventSchema>, event: StoredEvent): string[] =>
  subjectsOf(catalogue, { ...event, occurredAt: event.meta.occurredAt } as Recorded);

/** The entries of a subject and of all that stand as one with it, each event once, in log order. */
const gather = async (models: ReadModels, subject: string) => {
  const found = new Map<string, CaseEntry>();
  const subjects: string[] = [];
  const waiting = [subject];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (subjects.includes(next)) continue;
    subjects.push(next);
    const own: CaseEntry[] = [];
    for await (const page of models.pages(caseEntries, { subject: { eq: next } }, [{ column: 'position' }]))
      own.push(...page.map(({ doc }) => doc));
    for (const entry of own) found.set(entry.position, entry);
    waiting.push(...samePerson(next, own));
  }
  const entries = [...found.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
  return { subjects, entries };
};

interface Seen {
  readonly entry: CaseEntry;
  readonly personal: CaseFileEntry['personal'];
}
const sealedIn = ({ data }: CaseEntry): readonly Sealed[] => Object.values(data).filter(isSealed);

/** The entry with what its sealed fields say; those that say nothing are left out. */
const withClear = (entry: CaseEntry, clear: ReadonlyMap<Sealed, Json>): CaseEntry => ({
  ...entry,
  data: Object.fromEntries(
    Object.entries(entry.data).flatMap(([field, value]) => {
      const said = isSealed(value) ? clear.get(value) : value;
      return said === undefined ? [] : [[field, said]];
    }),
  ),
});
const sealed = (entry: CaseEntry): Seen =>
  sealedIn(entry).length > 0 ? { entry: withClear(entry, new Map()), personal: 'sealed' } : { entry, personal: 'none' };

/** What was sealed with a key that is lost stays sealed. @throws UnknownType `event/unreadable` */
const opened = async (journal: Journal, entries: readonly CaseEntry[]): Promise<Seen[]> => {
  const all = entries.flatMap(sealedIn);
  const values = await journal.open(all);
  const clear = new Map<Sealed, Json>();
  const closed = new Set<Sealed>();
  for (const [index, value] of values.entries()) {
    if (value instanceof UnknownType && value.code !== 'event/no-key') throw value;
    if (value instanceof UnknownType) closed.add(all[index]!);
    else if (value !== undefined) clear.set(all[index]!, value);
  }
  return entries.map((entry) => {
    const own = sealedIn(entry);
    if (own.length === 0) return { entry, personal: 'none' };
    const personal = own.some((one) => clear.has(one))
      ? 'open'
      : own.some((one) => closed.has(one))
        ? 'sealed'
        : 'forgotten';
    return { entry: withClear(entry, clear), personal };
  });
};

/** @param entries from the first one on */
const inWords = async (
  journal: Journal,
  entries: readonly CaseEntry[],
  mayOpen: boolean,
): Promise<readonly CaseFileEntry[]> => {
  const seen = mayOpen ? await opened(journal, entries) : entries.map(sealed);
  const changes = changesOf(seen.map(({ entry }) => entry));
  return seen.map(({ entry, personal }, index) => {
    const { position, eventId, type, stream, revision, occurredAt, recordedAt, data, meta } = entry;
    return {
      position,
      eventId,
      type,
      stream,
      revision,
      actor: meta.actor,
      origin: meta.origin,
      mode: meta.mode,
      occurredAt,
      recordedAt,
      commandId: meta.commandId,
      causationId: meta.$causationId,
      correlationId: meta.$correlationId,
      definition: typeof data['definition'] === 'string' ? data['definition'] : null,
      changes: changes[index]!,
      personal,
    };
  });
};
