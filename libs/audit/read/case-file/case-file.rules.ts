import { isSealed, type EventSchema } from '@baton/kernel';
import type { CaseEntry } from './case-file.projection';

export type Catalogue = ReadonlyMap<string, EventSchema>;
/** By when things happened, or by when they were recorded: the order of the log. */
export type CaseFileTime = 'occurred' | 'recorded';
export type Place = Pick<CaseEntry, 'position' | 'occurredAt'>;

/** Oldest first; what happened at one instant stands in the order of the log. */
export const compareBy =
  (by: CaseFileTime) =>
  (a: Place, b: Place): number => {
    const [one, other] =
      by === 'occurred' && a.occurredAt !== b.occurredAt ? [a.occurredAt, b.occurredAt] : [a.position, b.position];
    return one < other ? -1 : one > other ? 1 : 0;
  };

/**
 * Who else is the same person as a subject, by its own entries in log order: leads merged with it and not unmerged
 * since, from either side, and the visitors that turned out to be it.
 */
export const samePerson = (subject: string, entries: readonly CaseEntry[]): ReadonlySet<string> => {
  const others = new Set<string>();
  for (const { type, data } of entries) {
    const pair = [`lead-${String(data['leadId'])}`, `lead-${String(data['mergedLeadId'])}`];
    const other = pair.find((lead) => lead !== subject);
    if (type === 'LeadMerged' && other && pair.includes(subject)) others.add(other);
    else if (type === 'LeadUnmerged' && other) others.delete(other);
    else if (type === 'LeadVisitorLinked' && pair[0] === subject) others.add(`visitor-${String(data['visitorId'])}`);
  }
  return others;
};

/** Does the field only say whose stream it is? `leadId: 'ada'` on `lead-ada`. */
export const namesStream = ({ stream }: Pick<CaseEntry, 'stream'>, field: string, value: unknown): boolean =>
  field.endsWith('Id') && stream === `${field.slice(0, -2)}-${String(value)}`;

/** A field by which an event says what holds of its subject from then on, and what held before; values as stored. */
export interface StateChange {
  /** `opportunity.expected-close` */
  readonly state: string;
  readonly field: string;
  /** Absent: nothing was known. */
  readonly before?: unknown;
  /** null: nothing is known any more. */
  readonly after: unknown;
}

export const isSame = (before: unknown, after: unknown): boolean => JSON.stringify(before) === JSON.stringify(after);
const keyOf = ({ stream, data }: CaseEntry, name: string, per: readonly string[]): string =>
  JSON.stringify([stream, name, ...per.map((field) => data[field])]);

/**
 * What each entry changed, by its position: the fields that the schemas mark as state of a subject and that say
 * something else than the last entry of the same stream that spoke of that state. An absent field was not spoken of. Of
 * sealed values nobody can tell here whether they are equal: they count as changed.
 * @param entries all of the file, in the order in which the reader reads them
 */
export const stateChangesOf = (
  catalogue: Catalogue,
  entries: readonly CaseEntry[],
): ReadonlyMap<string, readonly StateChange[]> => {
  const last = new Map<string, unknown>();
  /** What an entry says of which state; null where it clears it. */
  const saidBy = (entry: CaseEntry) => {
    const { states = [], clears = [] } = catalogue.get(entry.type) ?? {};
    return [
      ...states.map((mark) => ({ ...mark, after: entry.data[mark.field] })),
      ...clears.flatMap(({ field, states: named }) =>
        ((entry.data[field] ?? []) as readonly string[]).map((fact) => ({
          ...{ field, name: named[fact] ?? fact },
          ...{ per: [], after: null },
        })),
      ),
    ];
  };
  const changed = (entry: CaseEntry): StateChange[] =>
    saidBy(entry).flatMap(({ after, ...mark }) => {
      if (after === undefined) return [];
      const key = keyOf(entry, mark.name, mark.per);
      const known = last.has(key);
      const before = last.get(key);
      last.set(key, after);
      if (known && !isSealed(after) && isSame(before, after)) return [];
      return [{ state: mark.name, field: mark.field, ...(known && { before }), after }];
    });
  return new Map(entries.map((entry) => [entry.position, changed(entry)]));
};

/** What an entry follows from; `clock` where time alone brought it, and no event where somebody's command did. */
export interface Cause {
  readonly eventId: string | null;
  /** Of the event, where it is part of the case file. */
  readonly type: string | null;
  readonly actor: string | null;
}
export interface Decision {
  /** Who decided; never empty. */
  readonly actor: string;
  readonly cause: Cause | null;
}

const CLOCK: Cause = { eventId: null, type: null, actor: 'clock' };

/**
 * Who decided each entry, and what it follows from, by its position. The log names who sent the command; where the
 * schema says that a rule decided, that is the definition (`system:mql@1`), or the kind of the stream for a rule of
 * Baton's own (`system:lead`), and the sender is found in the cause.
 * @param entries all of the file, in log order
 */
export const decisionsOf = (catalogue: Catalogue, entries: readonly CaseEntry[]): ReadonlyMap<string, Decision> => {
  const rules = ruleActors(catalogue, entries);
  const actorOf = (entry: CaseEntry) => rules.get(entry.position) ?? entry.meta.actor;
  const byId = new Map(entries.map((entry) => [entry.eventId, entry]));
  const commandOf = ({ stream, meta }: CaseEntry) => JSON.stringify([stream, meta.actor, meta.commandId]);
  /** What was decided by whoever sent the command, in the order of the log. */
  const sent = new Map<string, CaseEntry[]>();
  for (const entry of entries)
    if (!rules.has(entry.position)) {
      const command = commandOf(entry);
      sent.set(command, [...(sent.get(command) ?? []), entry]);
    }
  const from = (eventId: string): Cause => {
    const found = byId.get(eventId);
    return { eventId, type: found?.type ?? null, actor: found ? actorOf(found) : null };
  };
  const triggerOf = ({ meta }: CaseEntry) => (meta.$causationId === meta.commandId ? undefined : meta.$causationId);
  const causeOf = (entry: CaseEntry): Cause | null => {
    const trigger = triggerOf(entry);
    if (!rules.has(entry.position)) return trigger === undefined ? null : from(trigger);
    const field = catalogue.get(entry.type)?.decidedBy?.cause;
    if (field !== undefined) {
      const named = entry.data[field];
      return typeof named === 'string' ? from(named) : CLOCK;
    }
    const beside = sent.get(commandOf(entry)) ?? [];
    const before = beside.findLast(({ revision }) => revision < entry.revision);
    if (before) return from(before.eventId);
    if (beside.length > 0) return CLOCK; // it fell due before the command was decided
    return trigger === undefined ? { eventId: null, type: null, actor: entry.meta.actor } : from(trigger);
  };
  return new Map(entries.map((entry) => [entry.position, { actor: actorOf(entry), cause: causeOf(entry) }]));
};

/** The rule that decided, of each entry that one decided. */
const ruleActors = (catalogue: Catalogue, entries: readonly CaseEntry[]): ReadonlyMap<string, string> => {
  const last = new Map<string, string>();
  const actors = new Map<string, string>();
  for (const entry of entries) {
    const rule = catalogue.get(entry.type)?.decidedBy;
    if (!rule || (rule.when !== undefined && entry.data[rule.when] === undefined)) continue;
    const key = keyOf(entry, '', rule.per ?? []);
    const named = rule.definition === undefined ? undefined : entry.data[rule.definition];
    const stated = named === undefined ? undefined : [named].flat().join(',');
    const definition = stated || (rule.per && last.get(key)) || entry.stream.slice(0, entry.stream.indexOf('-'));
    if (rule.per) last.set(key, definition);
    actors.set(entry.position, `system:${definition}`);
  }
  return actors;
};
