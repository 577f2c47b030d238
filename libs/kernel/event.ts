import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler';
import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { UnknownType } from './errors';
import { faultFrom, type Fault } from './fault';
import { keyOwnersOf, type Json, type CallerOrigin, type KeyOwners, type Personal, type StateMark } from './schema';
import type { Sealed } from './sealed';
import { sentenceOf, type Sentence } from './sentence';
import type { Instant } from './time';

/**
 * Marks an event that a rule decides, not the sender of the command. In the case file its actor is `system:` followed
 * by the definition that decided, or by the stream kind if the rule is built into Baton.
 */
export interface DecidedBy {
  /** The field with the reference of the deciding definition, or a list of them. */
  readonly definition?: string;
  /**
   * If the event itself has no reference: take it from the latest event of the stream with the same values in these
   * fields.
   */
  readonly per?: readonly string[];
  /** The rule decided only if this field is present; otherwise the sender did. */
  readonly when?: string;
  /** The field with the id of the causing event; without a value, time alone caused it. */
  readonly cause?: string;
}

/** The declaration of an event type: version, description, sentence, and fields. */
export type EventSpec = {
  readonly version: number;
  readonly description?: string;
  /** The sentence for auditors, with fields filled in: `Sales rejected the lead: {reason:words}`. See `sentenceOf`. */
  readonly sentence: string;
  readonly decidedBy?: DecidedBy;
  readonly [field: string]: TSchema | DecidedBy | number | string | undefined;
};
type FieldsOf<S> = { [K in keyof S as S[K] extends TSchema ? K : never]: S[K] extends TSchema ? S[K] : never };
export type DataOf<S> = Static<TObject<FieldsOf<S>>>;
type PersonalOf<S> = { [K in keyof S]: S[K] extends Personal ? K : never }[keyof S];
/** The data of an event. Personal fields are in clear before storage and sealed afterwards. */
type EventDataOf<S> = {
  [K in keyof DataOf<S>]: K extends PersonalOf<S> ? DataOf<S>[K] | Sealed : DataOf<S>[K];
};

/** Converts data from one version to the next: `{ LeadCaptured: { 1: (data) => … } }`. */
export type Upcasts = Readonly<Record<string, Readonly<Record<number, (data: Json) => Json>>>>;

/** The run-time schema of an event type. */
export interface EventSchema {
  readonly type: string;
  readonly version: number;
  readonly description: string;
  readonly object: TObject;
  /** Top-level fields that are encrypted with the key of the event's `leadId`, or of another owner. */
  readonly personal: readonly string[];
  readonly keyOwners: KeyOwners;
  /** Top-level fields that no reader is shown. */
  readonly secrets: readonly string[];
  /** Top-level fields (or lists) of ids of other streams. */
  readonly refs: readonly { readonly field: string; readonly kind: string }[];
  /** Fields that set a state of the subject. */
  readonly states: readonly (StateMark & { readonly field: string })[];
  /** Fields that list cleared facts, with the state that each name stands for. */
  readonly clears: readonly { readonly field: string; readonly states: Readonly<Record<string, string>> }[];
  readonly sentence: Sentence;
  readonly decidedBy: DecidedBy | undefined;
  readonly upcasts: Readonly<Record<number, (data: Json) => Json>>;
  /** Validates data before it is stored: personal fields in clear. */
  readonly faultOf: (data: unknown) => Fault | undefined;
  /** Validates data from the log: personal fields sealed. */
  readonly storedFaultOf: (data: unknown) => Fault | undefined;
}

/** Event types by name; `S` carries their static types. */
export interface Events<S = unknown> {
  readonly schemas: ReadonlyMap<string, EventSchema>;
  readonly specs: S;
}

/** The union of the events of a catalogue: `type LeadEvent = EventOf<typeof leadEvents>`. */
export type EventOf<C> =
  C extends Events<infer S>
    ? { [T in keyof S & string]: { readonly type: T; readonly data: EventDataOf<S[T]> } }[keyof S & string]
    : never;

/** Any event, for code that serves all of them. */
export interface AnyEvent {
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** Who caused an event, when it happened, and by which command. */
export interface EventMeta {
  /** The actor of the command, see `CommandMeta.actor`; never empty. */
  readonly actor: string;
  readonly origin: CallerOrigin;
  readonly occurredAt: Instant;
  readonly commandId: string;
  readonly commandHash: string;
  /** Schema version of the event's data. */
  readonly schema: number;
  readonly mode: 'live' | 'backfill';
  /** Orders events of one source with the same instant, such as the rows of an import. */
  readonly sequence?: number;
  readonly $correlationId: string;
  readonly $causationId: string;
}

/** An event as folds of one stream see it, before or after it is stored. */
export type DatedEvent<E extends AnyEvent = AnyEvent> = E & { readonly id: string; readonly occurredAt: Instant };

/** An event read from the log. */
export type StoredEvent<E extends AnyEvent = AnyEvent> = DatedEvent<E> & {
  readonly position: string;
  readonly stream: string;
  /** Place in its stream, from 0. */
  readonly revision: number;
  readonly recordedAt: Instant;
  readonly meta: EventMeta;
};

export const faultFinder = (object: TObject): ((value: unknown) => Fault | undefined) => {
  let check: TypeCheck<TObject> | undefined; // compiled at first use, because most processes see few types
  return (value) => {
    check ??= TypeCompiler.Compile(object);
    if (check.Check(value)) return undefined;
    return faultFrom(check.Errors(value).First());
  };
};

/** @returns the TypeBox fields among the entries of a spec */
export const fieldsOf = (spec: object): Record<string, TSchema> =>
  Object.fromEntries(
    Object.entries(spec).filter(
      ([name, value]) => typeof value === 'object' && name !== 'allow' && name !== 'decidedBy',
    ),
  ) as Record<string, TSchema>;

const sealed = Type.Object(
  { $sealed: Type.String(), subject: Type.String(), context: Type.String() },
  { additionalProperties: false },
);

/** Declares event types. Types, validation, encryption and documentation are derived from this object. */
export const events = <const S extends Record<string, EventSpec>>(specs: S, upcasts: Upcasts = {}): Events<S> => {
  const schemas = new Map<string, EventSchema>();
  for (const [type, spec] of Object.entries(specs)) {
    const fields = fieldsOf(spec);
    const personal = Object.keys(fields).filter((name) => fields[name]!['personal']);
    const keyOwners = keyOwnersOf(fields);
    for (const name of personal)
      if (keyOwners.length === 0 || !isOptional(fields[name]!))
        throw new Error(`${type}.${name}: a personal field is optional and its event names the leadId`);
    const object = Type.Object(fields, { additionalProperties: false });
    const stored = Type.Object(
      { ...fields, ...Object.fromEntries(personal.map((name) => [name, Type.Optional(sealed)])) },
      { additionalProperties: false },
    );
    const refs = Object.entries(fields).flatMap(([field, schema]) => {
      const kind = (schema['ref'] ?? (schema['items'] as TSchema | undefined)?.['ref']) as string | undefined;
      return kind ? [{ field, kind }] : [];
    });
    const states = Object.entries(fields).flatMap(([field, schema]) => {
      const mark = schema['state'] as StateMark | undefined;
      return mark ? [{ field, ...mark }] : [];
    });
    const clears = Object.entries(fields).flatMap(([field, schema]) =>
      schema['clears'] ? [{ field, states: schema['clears'] as Readonly<Record<string, string>> }] : [],
    );
    const { cause, when, definition, per = [] } = spec.decidedBy ?? {};
    const named = [...states.flatMap((mark) => mark.per), ...per, cause, when, per.length > 0 ? undefined : definition];
    const unknownField = named.find((name) => name !== undefined && !(name in fields));
    if (unknownField !== undefined)
      throw new Error(`${type}: decidedBy or a state names the unknown field ${unknownField}`);
    schemas.set(type, {
      type,
      version: spec.version,
      description: spec.description ?? '',
      object,
      personal,
      keyOwners,
      secrets: Object.keys(fields).filter((name) => fields[name]!['secret']),
      refs,
      states,
      clears,
      sentence: sentenceOf(type, spec.sentence, fields, isOptional),
      decidedBy: spec.decidedBy,
      upcasts: upcasts[type] ?? {},
      faultOf: faultFinder(object),
      storedFaultOf: personal.length > 0 ? faultFinder(stored) : faultFinder(object),
    });
  }
  return { schemas, specs };
};

const isOptional = (schema: TSchema): boolean =>
  Object.getOwnPropertySymbols(schema).some((s) => s.description === 'TypeBox.Optional');

/** All event types of several contexts in one map; a name used twice is a defect of the build. */
export const catalogueOf = (all: readonly Events[]): ReadonlyMap<string, EventSchema> => {
  const catalogue = new Map<string, EventSchema>();
  for (const { schemas } of all)
    for (const [type, schema] of schemas) {
      if (catalogue.has(type)) throw new Error(`two event types are called ${type}`);
      catalogue.set(type, schema);
    }
  return catalogue;
};

/** The data of an event as readers are shown it. */
export const withoutSecrets = (
  catalogue: ReadonlyMap<string, EventSchema>,
  { type, data }: { readonly type: string; readonly data: unknown },
): Readonly<Record<string, unknown>> => {
  const secrets = catalogue.get(type)?.secrets ?? [];
  return Object.fromEntries(Object.entries(data as object).filter(([name]) => !secrets.includes(name)));
};

/**
 * Upcasts stored data (personal fields sealed) to the current schema version, and validates it.
 * @throws UnknownType `event/unknown-type`, `event/future-version`, `event/wrong-schema`
 */
export const upcast = (
  catalogue: ReadonlyMap<string, EventSchema>,
  { type, data, meta, id }: { type: string; data: unknown; meta: EventMeta; id: string },
): Json => {
  const schema = catalogue.get(type);
  if (!schema)
    throw new UnknownType(
      'event/unknown-type',
      `Event ${id} has the unknown type ${type}; upgrade Baton to read it.`,
      type,
    );
  if (meta.schema > schema.version)
    throw new UnknownType(
      'event/future-version',
      `Event ${id} has version ${meta.schema} of ${type}; upgrade Baton to read it.`,
      type,
    );
  let current = data as Json;
  for (let version = meta.schema; version < schema.version; version++) {
    const upcastStep = schema.upcasts[version];
    if (!upcastStep)
      throw new UnknownType('event/wrong-schema', `There is no upcast of ${type} from version ${version}.`, type);
    current = upcastStep(current);
  }
  const fault = schema.storedFaultOf(current);
  if (fault) throw new UnknownType('event/wrong-schema', `Event ${id}: ${fault.message}`, `${type}.${fault.path}`);
  return current;
};
/** A position in the log: an opaque, sortable string. The empty string is before all events. */
export type Position = string;
