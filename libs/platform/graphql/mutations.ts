import { Inject, type Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  Args,
  createUnionType,
  Field,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
} from '@nestjs/graphql';
import {
  Accepted,
  enumerationOf,
  INT_MAX,
  Refused,
  type Aggregate,
  type AnyCommand,
  type CommandSchema,
  type Instant,
  type Outcome,
  type ToAggregate,
  type TSchema,
} from '@baton/kernel';
import { GraphQLBoolean, GraphQLString } from 'graphql';
import { v5 as uuidv5 } from 'uuid';
import type { CallerIdentity } from '../access';
import { Allow, Caller } from './caller';
import { enumOf } from './enums';
import { DayScalar, InstantScalar, JsonScalar, MoneyInput, SafeIntScalar } from './scalars';

const NEW_IDS = '4a2c3d0e-8b1f-5e7a-9c6d-1f2e3a4b5c6d';

@ObjectType('Accepted', { description: 'The command was carried out, now or when it was first sent.' })
class AcceptedType {
  @Field(() => ID, { description: 'The one spoken to; for a command that creates without an id, the new id.' })
  id!: string;
  @Field(() => String, { description: 'Where its events stand in the log; give it as `atLeast` to read your write.' })
  position!: string;
  @Field(() => Int, { description: 'Revision of the stream after it; give it as `expectedRevision`.' })
  revision!: number;
  @Field(() => Int, { description: 'How many events it wrote.' })
  events!: number;
  @Field(() => Boolean, { description: 'True when this command id was already carried out.' })
  repeated!: boolean;
}

@ObjectType('Refused', { description: 'A rule says no; nothing was written.' })
class RefusedType {
  @Field(() => String, { description: 'Stable code, `lead/not-handed-off`.' })
  code!: string;
  @Field(() => String, { description: 'What to do, in words.' })
  message!: string;
  @Field(() => String, { description: 'The field at fault; empty when it is the state.' })
  path!: string;
  @Field(() => JsonScalar, { description: 'Facts that help, such as the id of the lead that has this e-mail already.' })
  details!: unknown;
}

export const CommandOutcome = createUnionType({
  name: 'CommandOutcome',
  description: 'What became of a command.',
  types: () => [AcceptedType, RefusedType] as const,
  resolveType: (outcome: object) => (outcome instanceof Accepted ? AcceptedType : RefusedType),
});

/** A refusal is an answer here: GraphQL would take the Error itself for a fault of the resolver. */
const answerOf = (outcome: Outcome): Accepted | RefusedType => {
  if (outcome instanceof Accepted) return outcome;
  const { code, message, path, details } = outcome;
  return { code, message, path, details };
};

/** The GraphQL type of a command's field: one row per kind of field the kernel has. */
const graphqlTypeOf = (schema: TSchema): unknown => {
  if (schema['money']) return MoneyInput;
  if (schema['json']) return JsonScalar;
  if (schema['ref']) return ID;
  if (schema['enum']) {
    const words = enumerationOf(schema);
    if (!words) throw new Error(`the words ${String(schema['enum'])} of a command need a name: oneOf(enumeration(…))`);
    return enumOf(words);
  }
  if (schema['format'] === 'instant') return InstantScalar;
  if (schema['format'] === 'day') return DayScalar;
  if (schema['type'] === 'integer') return schema['maximum'] > INT_MAX ? SafeIntScalar : Int;
  if (schema['type'] === 'number') return Float;
  if (schema['type'] === 'boolean') return GraphQLBoolean;
  if (schema['type'] === 'array') return [graphqlTypeOf(schema['items'] as TSchema)];
  if (schema['type'] === 'string') return GraphQLString;
  throw new Error(`no GraphQL type for ${JSON.stringify(schema)}`);
};

const describe = (schema: TSchema): string => schema.description || 'As in the event catalogue.';

const inputOf = ({ type: command, description, object, creates }: CommandSchema, idField: string): Type<object> => {
  class Input {}
  Object.defineProperty(Input, 'name', { value: `${command}Input` });
  for (const [name, schema] of Object.entries(object.properties)) {
    const nullable = !object.required?.includes(name) || (creates && name === idField);
    const hint = creates && name === idField ? ' Without it one is made from the command id.' : '';
    const type = graphqlTypeOf(schema) as typeof String; // enums must be known before the schema is built
    Field(() => type, { nullable, description: describe(schema) + hint })(Input.prototype, name);
  }
  InputType({ description })(Input);
  return Input;
};

/**
 * The mutations of an aggregate, one for every command that somebody may send: input, description and roles come from
 * the command table.
 */
export const mutationsOf = ({ to, commands }: Aggregate): Type<unknown> => {
  @Resolver()
  class Mutations {
    constructor(@Inject(CommandBus) readonly bus: CommandBus) {}
  }
  Object.defineProperty(Mutations, 'name', { value: `${to.name.slice(2)}Mutations` });
  for (const schema of commands.schemas.values()) {
    if (schema.allow.length === 0) continue;
    const name = schema.type.charAt(0).toLowerCase() + schema.type.slice(1);
    const saying = Object.keys(schema.object.properties).join(', ');
    const send = async function (
      this: Mutations,
      commandId: string,
      expectedRevision: number | undefined,
      input: object,
      caller: CallerIdentity,
      occurredAt?: Instant,
    ): Promise<Accepted | RefusedType> {
      if (!/^[\x21-\x7e]{1,100}$/.test(commandId))
        return answerOf(
          new Refused('command/bad-id', 'A command id is 1 to 100 printable characters; a UUID is best.', 'commandId'),
        );
      const data: Record<string, unknown> = { ...input };
      if (schema.creates && Object.keys(data).length === 0)
        return answerOf(new Refused('command/empty', `Say something of it: one of ${saying}.`, 'input'));
      if (schema.creates) data[commands.idField] ??= uuidv5(`${caller.actor}\n${commandId}`, NEW_IDS);
      const id = String(data[commands.idField]);
      const meta: AnyCommand['meta'] = {
        commandId,
        actor: caller.actor,
        roles: caller.roles,
        origin: caller.origin,
        ...(occurredAt && { occurredAt }),
        ...(expectedRevision !== undefined && { expectedRevision }),
      };
      return answerOf(
        await this.bus.execute<InstanceType<ToAggregate>, Outcome>(new to(id, { type: schema.type, data, meta })),
      );
    };
    const target = Mutations.prototype as unknown as Record<string, unknown>;
    Object.defineProperty(target, name, { value: send, writable: true, configurable: true });
    const input = inputOf(schema, commands.idField);
    const parameters: [string, unknown, boolean, string][] = [
      ['commandId', ID, false, 'Your id of this command, best a UUID. Sent again, it is answered as the first time.'],
      ['expectedRevision', Int, true, 'Refuse unless the stream is at this revision.'],
      ['input', input, false, 'What the command says.'],
    ];
    if (schema.datable) parameters.push(['occurredAt', InstantScalar, true, 'When it happened, if not now.']);
    parameters.forEach(([argument, type, nullable, description], position) =>
      Args(argument, { type: () => type as never, nullable, description })(target, name, position === 3 ? 4 : position),
    );
    Caller()(target, name, 3);
    const descriptor = Object.getOwnPropertyDescriptor(target, name)!;
    Reflect.defineMetadata('design:paramtypes', [String, Number, input, Object, String], target, name);
    Mutation(() => CommandOutcome, { name, description: schema.description })(target, name, descriptor);
    Allow(...schema.allow)(target, name, descriptor);
  }
  return Mutations;
};
