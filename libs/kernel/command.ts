import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { faultFinder, fieldsOf, type DataOf } from './event';
import type { Fault } from './fault';
import { enumeration, keyOwnersOf, type CallerOrigin, type KeyOwners } from './schema';
import type { Instant } from './time';

/** The roles of a caller. A caller with none of the roles of a command or field is refused. */
export const roles = ['marketing', 'sales', 'success', 'revops', 'analyst', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];
export const roleNames = enumeration<Role>(
  'Role',
  'A role of a caller. The access matrix says which operations each role may call.',
  {
    marketing: 'The marketing team.',
    sales: 'The sales team.',
    success: 'The customer success team.',
    revops: 'Revenue operations: the definitions and figures that both teams share.',
    analyst: 'Reads figures, without personal data.',
    auditor: 'Reads how everything was recorded and decided.',
    admin: 'Runs Baton.',
  },
);

/** Who sends a command, and why. */
export interface CommandMeta {
  /** Chosen by the sender. Sending the same id with the same body again returns the first answer. */
  readonly commandId: string;
  /**
   * The sender, by a name that outlives its keys: a person, `connector:<name>`, `import:<mapping>`, `policy:<name>`,
   * `effect:<target>` or `clock`. Command ids are scoped to the actor: equal ids of two actors are different commands.
   */
  readonly actor: string;
  readonly origin: CallerOrigin;
  /** When it happened, if not now: used by imports, policies and late reports. It becomes `now` of the decider. */
  readonly occurredAt?: Instant;
  readonly mode?: 'live' | 'backfill';
  /** Orders commands of one source with the same instant, such as the rows of an import. Not part of the decision. */
  readonly sequence?: number;
  /** The roles of the caller, for rules that depend on them. Absent for imports and for Baton itself. Not stored. */
  readonly roles?: readonly Role[];
  /** Groups the commands and events of one conversation; defaults to the command id. */
  readonly correlationId?: string;
  /** The id of the event or command that caused this one; by default the command's own id. */
  readonly causationId?: string;
  /** The revision at which the client read the stream; at any other revision the command is refused. */
  readonly expectedRevision?: number;
}

/** Identifies a command within its stream; equal ids of different senders stay distinct. */
export const commandKeyOf = ({ actor, commandId }: Pick<CommandMeta, 'actor' | 'commandId'>): string =>
  `${actor}\n${commandId}`;

/**
 * True for actors that are Baton itself. Their command ids can be derived from the log, so no caller may use these
 * names.
 */
export const isInternalActor = (actor: string): boolean => /^(policy:|effect:|clock$)/.test(actor);

/**
 * The declaration of a command type: its description, who may send it, and its fields. Without `allow`, only Baton
 * sends it.
 */
export type CommandSpec = {
  readonly description: string;
  readonly allow?: readonly Role[];
  /** The caller can give `occurredAt`, for example for a touch that is reported late. */
  readonly datable?: boolean;
  /** It creates the aggregate; the caller can leave the id out, and Baton generates it. */
  readonly creates?: boolean;
  /**
   * How an import treats a repeated row: `state` is what holds from now on, so each run records it again; an
   * `occurrence` is one of many alike (a touch, a visit) and is counted once however often its row is imported. Without
   * it, it happens once per aggregate.
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
  /** Fields that hold personal data of the lead in `leadId`, or of another owner of a key. */
  readonly personal: readonly string[];
  readonly keyOwners: KeyOwners;
  readonly faultOf: (data: unknown) => Fault | undefined;
}

/** The commands of one aggregate; `aggregate` names the stream's category and, by default, the id field (`lead` → `leadId`). */
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
  /** All of its commands accept `occurredAt`, unless a command declares otherwise. */
  readonly datable?: boolean;
  /** The field with its id, if that is the id of another aggregate: `leadId` of what is kept beside each lead. */
  readonly idField?: string;
}
/** Declares the commands of an aggregate: types, validation, GraphQL mutations and import mappings come from it. */
export const commands = <const S extends Record<string, CommandSpec>>(
  aggregate: string,
  specs: S,
  { datable: all = false, idField = `${aggregate}Id` }: CommandOptions = {},
): Commands<S> => ({
  aggregate,
  idField,
  specs,
  schemas: new Map(
    Object.entries(specs).map(([type, spec]) => {
      const fields = fieldsOf(spec);
      const object = Type.Object(fields, { additionalProperties: false });
      const { description, allow = [], datable = all, creates = false, about } = spec;
      const personal = Object.keys(fields).filter((name) => fields[name]!['personal']);
      const keyOwners = keyOwnersOf(fields);
      if (personal.length > 0 && keyOwners.length === 0) throw new Error(`${type}: personal fields need a leadId`);
      return [
        type,
        {
          ...{ type, description, allow, datable, creates, about, object, personal, keyOwners },
          faultOf: faultFinder(object),
        },
      ];
    }),
  ),
});

/**
 * Base class of the commands on the CommandBus. Each aggregate has its own subclass (`ToLead`), by which Nest finds the
 * one handler.
 */
export abstract class To<C extends AnyCommand = AnyCommand> {
  constructor(
    readonly id: string,
    readonly command: C,
  ) {}
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type ToAggregate = new (id: string, command: any) => To;
