import type { Type } from '@nestjs/common';
import { ArgsType, Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import {
  asOfBoundOf,
  Refused,
  type Instant,
  type Order,
  type Position,
  type Projection,
  type Where,
  zoneOf,
} from '@baton/kernel';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { AsOf, ReadModels } from '../documents';
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
  const zone = zoneOf(timeZone ?? zoneAsked, timeZone ? 'asOf.timeZone' : 'timeZone');
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

/** Arguments of a subscription. */
@ArgsType()
export class AfterArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'Continue after this position (that of the last received answer). Without it, start from now.',
  })
  after?: Position;
}

/** Arguments of a connection. */
@ArgsType()
export class PageArgs extends ReadArgs {
  @IsInt()
  @Min(1)
  @Max(500)
  @Field(() => Int, { defaultValue: 50, description: 'The maximum number of nodes, from 1 to 500.' })
  first: number = 50;

  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'Return nodes after this cursor.' })
  after?: string;
}

@ObjectType({ description: 'Information about a page of a connection.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are more nodes after this page.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, {
    description: 'Whether there are nodes before this page: true where it starts after a cursor.',
  })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true, description: 'The cursor of the first node.' })
  startCursor!: string | null;
  @Field(() => String, { nullable: true, description: 'The cursor of the last node; pass it as `after`.' })
  endCursor!: string | null;
}

/** The information about a page that starts after a cursor, where one is given. */
export const pageInfoOf = (
  edges: readonly { readonly cursor: string }[],
  hasNextPage: boolean,
  after: string | null | undefined,
): PageInfo => ({
  hasNextPage,
  hasPreviousPage: typeof after === 'string',
  startCursor: edges[0]?.cursor ?? null,
  endCursor: edges.at(-1)?.cursor ?? null,
});

export interface Connection<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** Makes the Relay connection type of a node type. */
export const connectionOf = <N>(name: string, node: Type<N>): Type<Connection<N>> => {
  @ObjectType(`${name}Edge`, { description: `A ${name} with its cursor.` })
  class Edge {
    @Field(() => String, { description: 'The cursor of this node; pass it as `after`.' })
    cursor!: string;
    @Field(() => node, { description: `The ${name}.` })
    node!: N;
  }
  @ObjectType(`${name}Connection`, { description: `A page of ${name} nodes.` })
  class Page implements Connection<N> {
    @Field(() => [Edge], { description: 'The nodes with their cursors.' })
    edges!: Edge[];
    @Field(() => PageInfo, { description: 'Information about this page.' })
    pageInfo!: PageInfo;
    @Field(() => Int, { description: 'The total number of nodes.' })
    totalCount!: number;
  }
  return Page;
};

type Cursor = { readonly values: readonly (string | number | boolean | null)[]; readonly id: string };
export const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');
/** @throws Refused `graphql/bad-cursor` */
export const readCursor = (text: string): Cursor => {
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor;
    if (typeof cursor.id === 'string' && Array.isArray(cursor.values)) return cursor;
  } catch {
    // told below
  }
  throw new Refused('graphql/bad-cursor', 'after must be the endCursor of an earlier page, unchanged.', 'after');
};

/** Reads one page of a read model as a connection; `toNode` turns documents into nodes. */
export const readPage = async <D extends object, N>(
  models: ReadModels,
  projection: Projection<D>,
  {
    first,
    after,
    where = {},
    orderBy = [],
  }: { first: number; after?: string; where?: Where; orderBy?: readonly Order[] },
  toNode: (doc: D, id: string) => N,
): Promise<Connection<N>> => {
  const [found, totalCount] = await Promise.all([
    models.find(projection, { where, orderBy, limit: first + 1, ...(after && { after: readCursor(after) }) }),
    models.count(projection, where),
  ]);
  const edges = found.slice(0, first).map(({ id, doc }) => ({
    cursor: writeCursor({
      id,
      values: orderBy.map(({ column }) => ((doc as Record<string, unknown>)[column] ?? null) as Cursor['values'][0]),
    }),
    node: toNode(doc, id),
  }));
  return { edges, totalCount, pageInfo: pageInfoOf(edges, found.length > first, after) };
};

/**
 * One page of rows that are at hand already, in their order.
 * @throws Refused `graphql/bad-cursor`, also when the row that the cursor stands on is there no more
 */
export const pageOf = <N>(
  rows: readonly N[],
  { first, after }: { readonly first: number; readonly after?: string },
  idOf: (row: N) => string,
): Connection<N> => {
  const last = after === undefined || after === null ? undefined : readCursor(after).id;
  const start = last === undefined ? 0 : rows.findIndex((row) => idOf(row) === last) + 1;
  if (last !== undefined && start === 0)
    throw new Refused('graphql/bad-cursor', 'after must be the endCursor of an earlier page, unchanged.', 'after');
  const edges = rows
    .slice(start, start + first)
    .map((node) => ({ cursor: writeCursor({ id: idOf(node), values: [] }), node }));
  return { edges, totalCount: rows.length, pageInfo: pageInfoOf(edges, start + first < rows.length, after) };
};
