import {
  enumeration,
  field,
  isSealed,
  objectFields,
  type EnumerationValue,
  type EventMeta,
  type EventSchema,
  type Instant,
  type IndexEntry,
  type ObjectOf,
} from '@baton/kernel';

export type Catalogue = ReadonlyMap<string, EventSchema>;
/** The parts of an event that the rules need. */
export interface StatedEvent {
  readonly type: string;
  readonly data: unknown;
}
export const caseFileTimes = enumeration('CaseFileOrder', 'By which time a case file is ordered.', {
  occurred: 'By when things happened.',
  recorded: 'By when they were recorded: the order of the log.',
});
export type CaseFileTime = EnumerationValue<typeof caseFileTimes>;
type EntryPosition = Pick<CaseEntry, 'position' | 'occurredAt'>;

/** Oldest first; events of one instant in the order of the log. */
export const compareBy =
  (by: CaseFileTime) =>
  (a: EntryPosition, b: EntryPosition): number => {
    if (by === 'occurred' && a.occurredAt !== b.occurredAt) return a.occurredAt < b.occurredAt ? -1 : 1;
    return a.position < b.position ? -1 : a.position > b.position ? 1 : 0;
  };

/**
 * Who else is the same person as a subject, by its own entries in log order: leads currently merged with it, in either
 * direction, and visitors identified as it.
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

/** True if the field only repeats the id of its stream: `leadId: 'ada'` on `lead-ada`. */
export const namesStream = ({ stream }: Pick<CaseEntry, 'stream'>, field: string, value: unknown): boolean =>
  field.endsWith('Id') && stream === `${field.slice(0, -2)}-${String(value)}`;

/** A state of the subject that an event sets, and its previous value; values as stored. */
export interface StateChange {
  /** `opportunity.expected-close` */
  readonly state: string;
  readonly field: string;
  /** Absent: unknown before. */
  readonly before?: unknown;
  /** null: cleared. */
  readonly after: unknown;
}
/** The value that an event gives to a state. */
interface StatedValue {
  /** The state, with its key if a stream has several: `campaign.spend ["2024-01-01"]`. */
  readonly key: string;
  readonly name: string;
  readonly field: string;
  /** null if the event clears it. */
  readonly after: unknown;
}

export const isSame = (before: unknown, after: unknown): boolean => JSON.stringify(before) === JSON.stringify(after);

/** The states that an event sets or clears. An absent field is not changed. */
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

/**
 * The changes of an event: the states that it sets to another value than before. Sealed values cannot be compared here
 * and count as changed.
 * @param before the event that last set a state in the same stream; undefined for none
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
  /** Otherwise the definition is named by the last event of the stream with one of these names. */
  readonly per?: readonly unknown[];
}

/** The rule that decided an event, by its schema; undefined: the sender of the command decided. */
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
  eventId: field.id('The event; null where no event was before: a command, or time alone.', { nullable: true }),
  type: field.text('Its type; null where it is no part of this case file.', { nullable: true }),
  actor: field.text(
    'Who decided it; `clock` where time alone brought it; null where it is no part of this case file.',
    {
      nullable: true,
    },
  ),
});
export type Cause = ObjectOf<typeof caseFileCause.fields>;
export interface Decision {
  /** Who decided; never empty. */
  readonly actor: string;
  readonly cause: Cause | null;
}

const CLOCK: Cause = { eventId: null, type: null, actor: 'clock' };

/**
 * Who decided an entry, and its cause. The log names the sender of the command; if the schema says that a rule decided,
 * that is the definition (`system:mql@1`), or the kind of the stream for a built-in rule (`system:lead`), and the
 * sender is part of the cause.
 * @param file all of its entries
 * @returns a function of an entry and its event data
 */
export const decisionsOf = (
  catalogue: Catalogue,
  file: DecisionSource,
): ((entry: CaseEntry, event: StatedEvent & { readonly meta: EventMeta }) => Decision) => {
  const actorOf = (entry: CaseEntry): string => {
    const { stream, actor, rule } = entry;
    if (!rule) return actor;
    const named = rule.definition ?? (rule.per && file.definitionBefore(entry));
    return `system:${named ?? stream.slice(0, stream.indexOf('-'))}`;
  };
  const from = (eventId: string): Cause => {
    const found = file.withId(eventId);
    return { eventId, type: found?.type ?? null, actor: found ? actorOf(found) : null };
  };
  /** The events decided by the sender of an entry's command, in the order of the log. */
  const besides = ({ stream, actor, commandId }: CaseEntry) =>
    file.ofCommand(commandId).filter((one) => one.stream === stream && one.actor === actor && one.rule === undefined);
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

/** What the deciders of entries are found by, among all entries of a file. */
export interface DecisionSource {
  withId(eventId: string): CaseEntry | undefined;
  /** In log order. */
  ofCommand(commandId: string): readonly CaseEntry[];
  /** The definition that was named last for the rule of an entry, before it. */
  definitionBefore(entry: CaseEntry): string | undefined;
}

/**
 * What the case file of a subject keeps of an event: its place in the log, and the fields by which it is ordered, cut
 * and related to others. Its data is read from the log. Nothing here is personal.
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
  /** The rule that decided it; absent: the sender of the command. */
  readonly rule?: Rule;
  /** The states that it sets, each once, so that the last value of a state is found without reading every event. */
  readonly states?: readonly string[];
  /** Who is from here on the same person as the subject, or no longer: `lead-eve`, `visitor-7f`. */
  readonly other?: string;
}
