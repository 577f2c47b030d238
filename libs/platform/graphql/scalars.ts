import { Extensions, Field, InputType, ObjectType } from '@nestjs/graphql';
import {
  dayOf,
  FIRST_DAY,
  instantOf,
  LAST_DAY,
  decimalOf,
  type Money,
  type MoneySum,
  type WholeNumber,
} from '@baton/kernel';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { ResolvedBy } from './resolved-by';

const invalid = (message: string) => new GraphQLError(message, { extensions: { code: 'graphql/bad-value' } });
const stringOf = (node: ValueNode): unknown => (node.kind === Kind.STRING ? node.value : undefined);

/** Reads a text by a rule of the kernel, whose refusal becomes GraphQL's. */
const reading = (what: string, read: (text: string) => string) => (value: unknown) => {
  if (typeof value !== 'string') throw invalid(what);
  try {
    return read(value);
  } catch (error) {
    throw invalid((error as Error).message);
  }
};

const readInstant = reading('An Instant must be a string such as "2024-01-17T10:00:00Z".', (text) => instantOf(text));
export const InstantScalar = new GraphQLScalarType<string, string>({
  name: 'Instant',
  specifiedByURL: 'https://scalars.graphql.org/apollographql/instant-v0.1.html',
  description: `A point in time, ISO 8601 with an offset, ${FIRST_DAY} to ${LAST_DAY}; answers are in UTC with milliseconds.`,
  serialize: (value) => value as string,
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(stringOf(node)),
});

const readDay = reading('A Day must be a string such as "2024-01-17".', (text) => dayOf(text));
export const DayScalar = new GraphQLScalarType<string, string>({
  name: 'Day',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/local-date.html',
  description: `A calendar day from ${FIRST_DAY} to ${LAST_DAY}, such as "2024-01-17".`,
  serialize: (value) => value as string,
  parseValue: readDay,
  parseLiteral: (node) => readDay(stringOf(node)),
});

const readDayOrInstant = reading(
  'A DayOrInstant must be a day such as "2024-01-17", or an instant with an offset such as "2024-01-17T10:00:00Z".',
  (text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? dayOf(text) : instantOf(text)),
);
export const DayOrInstantScalar = new GraphQLScalarType<string, string>({
  name: 'DayOrInstant',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  description: 'An end of a period: a calendar day in the time zone of the query, or an instant with an offset.',
  serialize: (value) => value as string,
  parseValue: readDayOrInstant,
  parseLiteral: (node) => readDayOrInstant(stringOf(node)),
});

const readInteger = (value: unknown): number => {
  if (!Number.isSafeInteger(value)) throw invalid('A SafeInt must be a whole number below 2^53.');
  return value as number;
};
export const SafeIntScalar = new GraphQLScalarType<number, number>({
  name: 'SafeInt',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259#section-6',
  description: 'A whole number up to 2^53, for amounts in minor units.',
  serialize: (value) => value as number,
  parseValue: readInteger,
  parseLiteral: (node) => readInteger(node.kind === Kind.INT ? Number(node.value) : undefined),
});

const literal = (node: ValueNode, variables: Record<string, unknown>): unknown => {
  switch (node.kind) {
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, literal(value, variables)]));
    case Kind.LIST:
      return node.values.map((value) => literal(value, variables));
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables[node.name.value];
    default:
      return node.value;
  }
};
export const JsonScalar = new GraphQLScalarType({
  name: 'Json',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literal(node, variables ?? {}),
});

export const MinorUnitsScalar = new GraphQLScalarType<WholeNumber, WholeNumber>({
  name: 'MinorUnits',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc7493#section-2.2',
  description:
    'A whole number of minor units (cents). Sums beyond 2^53, which many JSON parsers cannot represent, are strings of digits: "9007199254740993".',
  serialize: (value) => value as WholeNumber,
});

/** A list of what stands once for each currency is taken to be of one, as most companies have it. */
export const PerCurrency = () => Extensions({ listItems: 1 });

@PerCurrency()
@ObjectType('Money', { description: 'An amount of money or a sum of amounts, exact at any size.' })
export class MoneyType implements MoneySum {
  @Field(() => MinorUnitsScalar, { description: 'Integer minor units (cents).' })
  minor!: WholeNumber;
  @Field(() => String, { description: 'ISO 4217 code.' })
  currency!: string;
  @ResolvedBy<MoneySum>(decimalOf)
  @Field(() => String, { description: 'The amount as a decimal string in major units, such as "1234.50".' })
  decimal?: string;
}

@InputType('MoneyInput', { description: 'An amount of money.' })
export class MoneyInput implements Money {
  @Field(() => SafeIntScalar, { description: 'Integer minor units (cents).' })
  minor!: number;
  @Field(() => String, { description: 'ISO 4217 code.' })
  currency!: string;
}
