import type { Type } from '@nestjs/common';
import { Field, Float, ID, InputType, Int } from '@nestjs/graphql';
import { enumerationOf, INT_MAX, type Aggregate, type CommandSchema, type Instant, type TSchema } from '@baton/kernel';
import { GraphQLBoolean, GraphQLString } from 'graphql';
import { enumOf } from './enums';
import { DayScalar, InstantScalar, JsonScalar, MoneyInput, SafeIntScalar } from './scalars';

/** A command that somebody may send. */
export interface SendableCommand {
  /** Its name in GraphQL, such as `captureLead`. */
  readonly name: string;
  readonly aggregate: Aggregate;
  readonly schema: CommandSchema;
  /** What a caller gives for it, by name. */
  readonly args: readonly CommandArgument[];
}
interface CommandArgument {
  readonly name: keyof GivenCommand;
  readonly type: unknown;
  readonly nullable: boolean;
  readonly description: string;
}
/** The arguments of a command, as a caller gave them. */
export interface GivenCommand {
  readonly input: object;
  readonly expectedRevision?: number;
  readonly occurredAt?: Instant;
}

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

interface InputField {
  readonly name: string;
  readonly type: unknown;
  readonly nullable: boolean;
  readonly description: string;
}
/** Makes an input type. Enums must be known before the schema is built, so types are given and not looked up later. */
export const inputTypeOf = (
  name: string,
  description: string,
  fields: readonly InputField[],
  { isOneOf = false } = {},
): Type<object> => {
  class Input {}
  Object.defineProperty(Input, 'name', { value: name });
  for (const { name: field, type, ...options } of fields)
    Field(() => type as typeof String, options)(Input.prototype, field);
  InputType({ description, isOneOf })(Input);
  return Input;
};

const describe = (schema: TSchema): string => schema.description || 'As in the event catalogue.';

const dataInputOf = ({ type: command, description, object, creates }: CommandSchema, idField: string): Type<object> =>
  inputTypeOf(
    `${command}Input`,
    description,
    Object.entries(object.properties).map(([name, schema]) => {
      const isGenerated = creates && name === idField;
      return {
        name,
        type: graphqlTypeOf(schema),
        nullable: isGenerated || !object.required?.includes(name),
        description: describe(schema) + (isGenerated ? ' Generated from commandId if absent.' : ''),
      };
    }),
  );

const argumentsOf = (schema: CommandSchema, idField: string): CommandArgument[] => [
  {
    name: 'expectedRevision',
    type: Int,
    nullable: true,
    description: 'Refuse the command unless the stream is at this revision.',
  },
  { name: 'input', type: dataInputOf(schema, idField), nullable: false, description: 'The data of the command.' },
  ...(schema.datable
    ? [
        {
          name: 'occurredAt',
          type: InstantScalar,
          nullable: true,
          description: 'When it happened. Defaults to now.',
        } as const,
      ]
    : []),
];

/**
 * The commands that somebody may send, from the command tables of the aggregates.
 * @throws Error for two commands of one name
 */
export const sendableCommands = (aggregates: readonly Aggregate[]): readonly SendableCommand[] => {
  const sendable = aggregates.flatMap((aggregate) =>
    [...aggregate.commands.schemas.values()]
      .filter(({ allow }) => allow.length > 0)
      .map((schema) => ({
        name: schema.type.charAt(0).toLowerCase() + schema.type.slice(1),
        aggregate,
        schema,
        args: argumentsOf(schema, aggregate.commands.idField),
      })),
  );
  const names = sendable.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`two commands are called ${twice}`);
  return sendable;
};
