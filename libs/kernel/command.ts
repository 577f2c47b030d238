import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { faultFinder, fieldsOf, type DataOf } from './event';
import type { Fault } from './fault';
import type { Instant } from './time';

/** The roles of a caller. Whoever has none of a command's or a field's roles is refused. */
export const roles = ['marketing', 'sales', 'success', 'revops', 'analyst', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who sends a command, and what it follows from. */
export interface CommandMeta {
  /** Chosen by the sender; the same id with the same body is answered as the first time. */
  readonly commandId: string;
  /**
   * Who sends it, by a name that outlives keys: a person, `connector:<name>`, `import:<mapping>`, `policy:<name>`,
   * `effect:<target>` or `clock`. Its command ids are its own: those of one actor never answer another.
   */
  readonly actor: string;
  readonly origin: 'person' | 'system' | 'connector';
  /** When it happened, if not now: imports, policies, late touches. It is the decider's `now`. */
  readonly occurredAt?: Instant;
  readonly mode?: 'live' | 'backfill';
  /** Its place among what its source says of the same instant: the row of an import. No part of what is decided. */
  readonly sequence?: number;
  /** The caller's roles, where a rule asks who may say this; absent for imports and the system itself. Not stored. */
  readonly roles?: readonly Role[];
  /** The conversation; by default the command's own id. */
  readonly correlationId?: string;
  /** The id of the event or command that caused this one; by default the command's own id. */
  readonly causationId?: string;
  /** The client read the stream at this revision and wants nothing decided on another one. */
  readonly expectedRevision?: number;
}

/** A command among all of its stream: ids of different senders are different. */
export const commandKeyOf = ({ actor, commandId }: Pick<CommandMeta, 'actor' | 'commandId'>): string =>
  `${actor}\n${commandId}`;

/** Baton itself: its command ids follow from the log, so that whoever knew one could take its place. */
export const isInternalActor = (actor: string): boolean => /^(policy:|effect:|clock$)/.test(actor);

/** A command type as written: who may send it, what it does, and its fields. Without `allow` only Baton sends it. */
export type CommandSpec = {
  readonly description: string;
  readonly allow?: readonly Role[];
  /** The caller may say when it happened (a touch that is reported late). */
  readonly datable?: boolean;
  /** It begins a stream: the caller may leave the id to Baton. */
  readonly creates?: boolean;
  /**
   * What an import takes it for: `state` says what holds from now on, so each run says it anew; an `occurrence` is one of
   * many alike (a touch, a visit), counted once however often its row comes. Without it: something that happens once.
   */
  readonly about?: 'state' | 'occurrence';
  readonly [field: string]: TSchema | string | boolean | readonly Role[] | undefined;
};

export interface CommandSchema {
  readonly type: string;
  readonly description: string;
  readonly allow: readonly Role[];
  readonly datable: boolean;
  readonly creates: boolean;
  readonly about: 'state' | 'occurrence' | undefined;
  readonly object: TObject;
  /** Fields that are personal data of the `leadId`. */
  readonly personal: readonly string[];
  readonly faultOf: (data: unknown) => Fault | undefined;
}

/** The commands of one aggregate; `aggregate` names the stream's category and the id field (`lead` → `leadId`). */
export interface Commands<S = unknown> {
  readonly aggregate: string;
  readonly idField: string;
  readonly schemas: ReadonlyMap<string, CommandSchema>;
  readonly specs: S;
}

/** The union of the commands of an aggregate: `type LeadCommand = CommandOf<typeof leadCommands>`. */
export type CommandOf<C> =
  C extends Commands<infer S>
    ? {
        [T in keyof S & string]: { readonly type: T; readonly data: DataOf<S[T]>; readonly meta: CommandMeta };
      }[keyof S & string]
    : never;

export interface AnyCommand {
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
  readonly meta: CommandMeta;
}

interface CommandOptions {
  /** The caller may say of every command when it happened, where the command itself says nothing else. */
  readonly datable?: boolean;
}
/** Declares the commands of an aggregate: types, validation, GraphQL mutations and import mappings come from it. */
export const commands = <const S extends Record<string, CommandSpec>>(
  aggregate: string,
  specs: S,
  { datable: all = false }: CommandOptions = {},
): Commands<S> => ({
  aggregate,
  idField: `${aggregate}Id`,
  specs,
  schemas: new Map(
    Object.entries(specs).map(([type, spec]) => {
      const fields = fieldsOf(spec);
      const object = Type.Object(fields, { additionalProperties: false });
      const { description, allow = [], datable = all, creates = false, about } = spec;
      const personal = Object.keys(fields).filter((name) => fields[name]!['personal']);
      if (personal.length > 0 && !('leadId' in fields)) throw new Error(`${type}: personal fields need a leadId`);
      return [
        type,
        { type, description, allow, datable, creates, about, object, personal, faultOf: faultFinder(object) },
      ];
    }),
  ),
});

/** What the CommandBus carries: a class per aggregate extends this (`ToLead`), so that Nest finds its one handler. */
export abstract class To<C extends AnyCommand = AnyCommand> {
  constructor(
    readonly id: string,
    readonly command: C,
  ) {}
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type ToAggregate = new (id: string, command: any) => To;
