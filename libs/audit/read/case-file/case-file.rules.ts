import {
  enumeration,
  idField,
  isSealed,
  objectFields,
  textField,
  type EnumerationValue,
  type EventMeta,
  type EventSchema,
  type Instant,
  type IndexEntry,
  type ObjectOf,
} from '@baton/kernel';

export type Catalogue = ReadonlyMap<string, EventSchema>;
/** What an event says, as its rules see it. */
export interface StatedEvent {
  readonly type: string;
  readonly data: unknown;
}
export const caseFileTimes = enumeration('CaseFileOrder', 'By which time a case file is told.', {
  occurred: 'By when things happened.',
  recorded: 'By when they were recorded: the order of the log.',
});
export type CaseFileTime = EnumerationValue<typeof caseFileTimes>;
type EntryPosition = Pick<CaseEntry, 'position' | 'occurredAt'>;

/** Oldest first; what happened at one instant stands in the order of the log. */
export const compareBy =
  (by: CaseFileTime) =>
  (a: EntryPosition, b: EntryPosition): number => {
    const [one, other] =
      by === 'occurred' && a.occurredAt !== b.occurredAt ? [a.occurredAt, b.occurredAt] : [a.position, b.position];
    return one < other ? -1 : one > other ? 1 : 0;
  };

/**
 * Who else is the same person as a subject, by its own entries in log order: leads merged with it and not unmerged
 * since, from either side, and the visitors that turned out to be it.
 */
export const isSamePerson = (entries: readonly CaseEntry[]): ReadonlySet<string> => {
  const others = new Set<string>();
  for (const { type, other } of entries) {
    if (other === undefined) continue;
    if (type === 'LeadUnmerged') others.delete(other);
    else others.add(other);
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
/** What an event says of a state. */
interface StatedValue {
  /** The state, with whose it is where a stream has several: `campaign.spend ["2024-01-01"]`. */
  readonly key: string;
  readonly name: string;
  readonly field: string;
  /** null where the event clears it. */
  readonly after: unknown;
}

export const isSame = (before: unknown, after: unknown): boolean => JSON.stringify(before) === JSON.stringify(after);

/** The states that an event speaks of. An absent field is not spoken of. */
export const statesIn = (catalogue: Catalogue, { type, data }: StatedEvent): readonly StatedValue[] => {
  const fields = data as Readonly<Record<string, unknown>>;
  const { states = [], clears = [] } = catalogue.get(type) ?? {};
  return [
    ...states.flatMap(({ field, name, per }) => {
      if (fields[field] === undefined) return [];
      const key = per.length === 0 ? name : `${name} ${JSON.stringify(per.map((one) => fields[one]))}`;
      return [{ key, name, field, after: fields[field] }];
    }),
    ...clears.flatMap(({ field, states: named }) =>
      ((fields[field] ?? []) as readonly string[]).map((fact) => {
        const name = named[fact] ?? fact;
        return { key: name, name, field, after: null };
      }),
    ),
  ];
};

/** The entry that spoke last of each state before an entry, in its stream. */
export type StateSetters = ReadonlyMap<string, CaseEntry>;

/**
 * Who set what an entry changes, by its position.
 * @param ordered all of the file, in the order in which the reader reads them, oldest first
 * @param asked   the entries that are told
 */
export const settersOf = (
  ordered: readonly CaseEntry[],
  asked: readonly CaseEntry[],
): ReadonlyMap<string, StateSetters> => {
  const keyOf = (stream: string, state: string) => `${stream} ${state}`;
  const wanted = new Set(asked.flatMap(({ stream, states = [] }) => states.map((state) => keyOf(stream, state))));
  const places = new Set(asked.map(({ position }) => position));
  const last = new Map<string, CaseEntry>();
  const found = new Map<string, StateSetters>();
  for (const entry of wanted.size > 0 ? ordered : []) {
    const { stream, position, states } = entry;
    if (!states) continue;
    if (places.has(position)) {
      const known = states.map((state) => [state, last.get(keyOf(stream, state))] as const);
      found.set(position, new Map(known.filter((pair): pair is [string, CaseEntry] => pair[1] !== undefined)));
    }
    for (const state of states) if (wanted.has(keyOf(stream, state))) last.set(keyOf(stream, state), entry);
  }
  return found;
};

/**
 * What an event changed: what it says of states of its subject otherwise than it was known. Of sealed values nobody can
 * tell here whether they are equal: they count as changed.
 * @param before the event that spoke last of a state in the same stream; undefined for none
 */
export const stateChangesOf = (
  catalogue: Catalogue,
  event: StatedEvent,
  before: (state: string) => StatedEvent | undefined,
): readonly StateChange[] => {
  const own = new Map<string, unknown>();
  return statesIn(catalogue, event).flatMap(({ key, name, field, after }) => {
    const setter = own.has(key) ? undefined : before(key);
    const known = own.has(key) || setter !== undefined;
    const was = setter ? statesIn(catalogue, setter).findLast((said) => said.key === key)?.after : own.get(key);
    own.set(key, after);
    if (known && !isSealed(after) && isSame(was, after)) return [];
    return [{ state: name, field, ...(known && { before: was }), after }];
  });
};

/** A rule that decided an event. */
export interface Rule {
  /** The definition that the event names, or several: `mql@3`, `mql@3,scoring-model@2`. */
  readonly definition?: string;
  /** Otherwise the last event of the stream with the same of these names it. */
  readonly per?: readonly unknown[];
}

/** The rule that decided an event, by its schema; undefined: whoever sent the command decided. */
export const ruleOf = (catalogue: Catalogue, { type, data }: StatedEvent): Rule | undefined => {
  const fields = data as Readonly<Record<string, unknown>>;
  const rule = catalogue.get(type)?.decidedBy;
  if (!rule || (rule.when !== undefined && fields[rule.when] === undefined)) return undefined;
  const named = rule.definition === undefined ? undefined : fields[rule.definition];
  const definition = named === undefined ? '' : [named].flat().join(',');
  return {
    ...(definition !== '' && { definition }),
    ...(rule.per && { per: rule.per.map((field) => fields[field] ?? null) }),
  };
};

export const caseFileCause = objectFields('CaseFileCause', 'What an event follows from.', {
  eventId: idField('The event; null where no event was before: a command, or time alone.', { nullable: true }),
  type: textField('Its type; null where it is no part of this case file.', { nullable: true }),
  actor: textField('Who decided it; `clock` where time alone brought it; null where it is no part of this case file.', {
    nullable: true,
  }),
});
export type Cause = ObjectOf<typeof caseFileCause.fields>;
export interface Decision {
  /** Who decided; never empty. */
  readonly actor: string;
  readonly cause: Cause | null;
}

const CLOCK: Cause = { eventId: null, type: null, actor: 'clock' };

/**
 * Who decided an entry, and what it follows from. The log names who sent the command; where the schema says that a rule
 * decided, that is the definition (`system:mql@1`), or the kind of the stream for a rule of Baton's own (`system:lead`),
 * and the sender is found in the cause.
 * @param entries all of the file, in log order
 * @returns tells it of one of them, with what its event says
 */
export const decisionsOf = (
  catalogue: Catalogue,
  entries: readonly CaseEntry[],
): ((entry: CaseEntry, event: StatedEvent & { readonly meta: EventMeta }) => Decision) => {
  const rules = ruleActors(entries);
  const actorOf = (entry: CaseEntry) => rules.get(entry.position) ?? entry.actor;
  const byId = new Map(entries.map((entry) => [entry.eventId, entry]));
  const from = (eventId: string): Cause => {
    const found = byId.get(eventId);
    return { eventId, type: found?.type ?? null, actor: found ? actorOf(found) : null };
  };
  const sent = new Map<string, CaseEntry[]>();
  for (const entry of entries) {
    const known = sent.get(entry.commandId);
    if (known) known.push(entry);
    else sent.set(entry.commandId, [entry]);
  }
  /** What was decided by whoever sent the command of an entry, in the order of the log. */
  const besides = ({ stream, actor, commandId }: CaseEntry) =>
    sent.get(commandId)!.filter((one) => one.stream === stream && one.actor === actor && one.rule === undefined);
  const causeOf = (
    entry: CaseEntry,
    { type, data, meta }: StatedEvent & { readonly meta: EventMeta },
  ): Cause | null => {
    const trigger = meta.$causationId === meta.commandId ? undefined : meta.$causationId;
    if (!entry.rule) return trigger === undefined ? null : from(trigger);
    const field = catalogue.get(type)?.decidedBy?.cause;
    if (field !== undefined) {
      const named = (data as Readonly<Record<string, unknown>>)[field];
      return typeof named === 'string' ? from(named) : CLOCK;
    }
    const beside = besides(entry);
    const before = beside.findLast(({ revision }) => revision < entry.revision);
    if (before) return from(before.eventId);
    if (beside.length > 0) return CLOCK; // it fell due before the command was decided
    return trigger === undefined ? { eventId: null, type: null, actor: entry.actor } : from(trigger);
  };
  return (entry, event) => ({ actor: actorOf(entry), cause: causeOf(entry, event) });
};

/** The rule that decided, of each entry that one decided. */
const ruleActors = (entries: readonly CaseEntry[]): ReadonlyMap<string, string> => {
  const last = new Map<string, string>();
  const actors = new Map<string, string>();
  for (const { position, stream, rule } of entries) {
    if (!rule) continue;
    const key = rule.per && JSON.stringify([stream, ...rule.per]);
    const definition =
      rule.definition ?? ((key !== undefined && last.get(key)) || stream.slice(0, stream.indexOf('-')));
    if (key !== undefined) last.set(key, definition);
    actors.set(position, `system:${definition}`);
  }
  return actors;
};
/**
 * What the case file of one subject keeps of an event: where it stands in the log, and by what it is ordered, cut and
 * connected with others. What it says is read from the log. Nothing here is personal.
 */
export interface CaseEntry extends IndexEntry {
  readonly eventId: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  /** Who sent the command. */
  readonly actor: string;
  readonly commandId: string;
  /** The rule that decided it; absent: whoever sent the command did. */
  readonly rule?: Rule;
  /** The states that it speaks of, each once: its last word on them is looked up here, not in every event. */
  readonly states?: readonly string[];
  /** Who stands as one with the subject from here on, or no more: `lead-eve`, `visitor-7f`. */
  readonly other?: string;
}
