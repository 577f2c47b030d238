import type { Type } from '@nestjs/common';
import { ArgsType, Extensions, Field, InputType, Int, ObjectType, TypeMetadataStorage } from '@nestjs/graphql';
import { asOfBoundOf, type Instant, type Position, zoneOf } from '@baton/kernel';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { GraphQLString } from 'graphql';
import { PAGE, type AsOf, type Connection, type PagePlace } from '../documents';
import { ResolvedBy } from './resolved-by';
import { DayOrInstantScalar } from './scalars';

@InputType({ description: 'A past state: what had happened, and what was known, by a point in time.' })
export class AsOfInput implements AsOf {
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Ignore events that occurred after this instant, or after this day in the time zone.',
  })
  happenedBy?: Instant;
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Ignore events that were recorded after this instant, or after this day in the time zone.',
  })
  knownBy?: Instant;
  @Field(() => String, { nullable: true, description: 'Ignore events after this position of the log.' })
  knownAt?: Position;
  @Field(() => String, {
    nullable: true,
    description: 'IANA time zone of the days. Defaults to the time zone of the query, else UTC.',
  })
  timeZone?: string;
  now?: Instant;
}

/**
 * Resolves an as-of input: days become instants, and a position alone gets the instant of its last event. @throws
 * Refused `time/…`
 */
export const resolveAsOf = async (
  { timeZone, ...given }: AsOfInput,
  zoneAsked: string | undefined,
  recordedAt: (position: Position) => Promise<Instant | undefined>,
): Promise<AsOf> => {
  const zone = zoneOf(timeZone ?? zoneAsked, timeZone === undefined ? 'timeZone' : 'asOf.timeZone');
  const { happenedBy, knownBy, knownAt } = given;
  const now = knownAt && !happenedBy && !knownBy ? await recordedAt(knownAt) : undefined;
  return {
    ...(happenedBy && { happenedBy: asOfBoundOf(happenedBy, zone, 'asOf.happenedBy') }),
    ...(knownBy && { knownBy: asOfBoundOf(knownBy, zone, 'asOf.knownBy') }),
    ...(knownAt && { knownAt }),
    ...(now && { now }),
  };
};

/** Arguments that every query takes. */
@ArgsType()
export class ReadArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'Wait until the read models contain everything up to this position (from the answer of a mutation).',
  })
  atLeast?: Position;

  @IsOptional()
  @Field(() => AsOfInput, { nullable: true, description: 'Answer as of a past point.' })
  asOf?: AsOfInput;
}

/** Name, type, description, and whether it must be given. */
export type QueryArgument = readonly [name: string, type: unknown, description: string, required?: boolean];

/**
 * Declares the arguments of a field in the schema. `Args` of Nest is for parameters of methods of resolvers, and makes each
 * a parameter of its own.
 */
export const declareArguments = (target: Type<unknown>, field: string, given: readonly QueryArgument[]): void =>
  given.forEach(([name, type, description, required = false], index) => {
    const of = Array.isArray(type) ? (type as readonly unknown[])[0] : type;
    TypeMetadataStorage.addMethodParamMetadata({
      ...{ kind: 'arg', target, methodName: field, index, name, description },
      typeFn: () => of as typeof String,
      options: { nullable: !required, ...(Array.isArray(type) && { isArray: true, arrayDepth: 1 }) },
    });
  });

/** The arguments of a page. */
export const pageArguments: readonly QueryArgument[] = [
  ['first', Int, `The maximum number of nodes from the beginning, 1 to ${PAGE.max}; ${PAGE.default} by default.`],
  ['after', GraphQLString, 'Return nodes after this cursor: the `endCursor` of an earlier page.'],
  ['last', Int, `The maximum number of nodes from the end, 1 to ${PAGE.max}.`],
  ['before', GraphQLString, 'With `last`: return nodes before this cursor, the `startCursor` of a later page.'],
];

@ObjectType({ description: 'Information about a page of a connection.' })
export class PageInfo implements PagePlace {
  @Field(() => Boolean, { description: 'Whether there are more nodes after this page.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'Whether there are more nodes before this page.' })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true, description: 'The cursor of the first node; pass it as `before`.' })
  startCursor!: string | null;
  @Field(() => String, { nullable: true, description: 'The cursor of the last node; pass it as `after`.' })
  endCursor!: string | null;
}

/** The lists of a connection are as long as its page, which is counted already. */
const CountedByPage = () => Extensions({ listItems: 1 });

const made = new Map<string, { readonly node: unknown; readonly page: unknown }>();
/** The Relay connection type of a node type, made once. @throws Error when two node types have one name */
export const connectionOf = <N>(name: string, node: Type<N>): Type<Connection<N>> => {
  const known = made.get(name);
  if (known && known.node !== node) throw new Error(`two types of nodes are called ${name}`);
  if (known) return known.page as Type<Connection<N>>;
  const page = makeConnection(name, node);
  made.set(name, { node, page });
  return page;
};

const makeConnection = <N>(name: string, node: Type<N>): Type<Connection<N>> => {
  @ObjectType(`${name}Edge`, { description: `A ${name} with its cursor.` })
  class Edge {
    @Field(() => String, { description: 'The cursor of this node; pass it as `after` or `before`.' })
    cursor!: string;
    @Field(() => node, { description: `The ${name}.` })
    node!: N;
  }
  @ObjectType(`${name}Connection`, { description: `A page of ${name} nodes.` })
  class Page implements Connection<N> {
    @CountedByPage()
    @Field(() => [Edge], { description: 'The nodes with their cursors.' })
    edges!: Edge[];
    @CountedByPage()
    @Field(() => [node], { description: 'The nodes.' })
    nodes!: N[];
    @Field(() => PageInfo, { description: 'Information about this page.' })
    pageInfo!: PageInfo;
    @ResolvedBy<Connection<N>>(({ totalCount }) => (typeof totalCount === 'function' ? totalCount() : totalCount))
    @Field(() => Int, { description: 'The total number of nodes.' })
    totalCount!: number;
  }
  return Page;
};
