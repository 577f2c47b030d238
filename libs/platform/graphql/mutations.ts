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

@ObjectType('Accepted', { description: 'The command was accepted, now or when it was first sent.' })
class AcceptedType {
  @Field(() => ID, { description: 'The id of the aggregate; for a create command without an id, the new id.' })
  id!: string;
  @Field(() => String, {
    description: 'The position of its last event in the log; pass it as `atLeast` to read your own write.',
  })
  position!: string;
  @Field(() => Int, { description: 'The revision of the stream after the command; pass it as `expectedRevision`.' })
  revision!: number;
  @Field(() => Int, { description: 'The number of events that the command wrote.' })
  events!: number;
  @Field(() => Boolean, { description: 'Whether this command id had been accepted before.' })
  repeated!: boolean;
}

@ObjectType('Refused', { description: 'A rule refused the command; nothing was written.' })
class RefusedType {
  @Field(() => String, { description: 'The stable code, such as `lead/not-handed-off`.' })
  code!: string;
  @Field(() => String, { description: 'What is wrong and what to do.' })
  message!: string;
  @Field(() => String, { description: 'The path of the field at fault; empty if the state is the reason.' })
  path!: string;
  @Field(() => JsonScalar, { description: 'More facts, such as the id of the lead that already has this e-mail.' })
  details!: unknown;
}

export const CommandOutcome = createUnionType({
  name: 'CommandOutcome',
  description: 'The outcome of a command.',
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
    const hint = creates && name === idField ? ' Generated from commandId if absent.' : '';
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
    const fieldNames = Object.keys(schema.object.properties).join(', ');
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
          new Refused(
            'command/bad-id',
            'commandId must be 1 to 100 printable ASCII characters, such as a UUID.',
            'commandId',
          ),
        );
      const data: Record<string, unknown> = { ...input };
      if (schema.creates && Object.keys(data).length === 0)
        return answerOf(new Refused('command/empty', `input must have at least one of ${fieldNames}.`, 'input'));
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
      [
        'commandId',
        ID,
        false,
        'Your id of the command, such as a UUID. Sending the same id again returns the first answer.',
      ],
      ['expectedRevision', Int, true, 'Refuse the command unless the stream is at this revision.'],
      ['input', input, false, 'The data of the command.'],
    ];
    if (schema.datable) parameters.push(['occurredAt', InstantScalar, true, 'When it happened. Defaults to now.']);
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
