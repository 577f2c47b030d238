import { type Type } from '@nestjs/common';
import { ArgsType, Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import {
  asOfBoundOf,
  Refused,
  type Clock,
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

@InputType({ description: 'A cut through the log: what had happened, and what we knew of it.' })
export class AsOfInput implements AsOf {
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Leave out what occurred later than this instant, or after this day in the time zone.',
  })
  happenedBy?: Instant;
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Leave out what was recorded later than this instant, or after this day in the time zone.',
  })
  knownBy?: Instant;
  @Field(() => String, { nullable: true, description: 'Leave out what stands behind this position of the log.' })
  knownAt?: Position;
  @Field(() => String, {
    nullable: true,
    description: 'IANA zone of the days; by default that of the question, else UTC.',
  })
  timeZone?: string;
  now?: Instant;
}

/** A cut as it is answered: days are instants, and a position stands for an instant. @throws Refused `time/…` */
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

/** The instant for which a question at a cut is answered: that of the cut, or now. */
export const referenceInstantOf = (cut: AsOf | null | undefined, clock: Clock): Instant =>
  cut?.happenedBy ?? cut?.knownBy ?? cut?.now ?? clock.now();

/** Arguments that every query takes. */
@ArgsType()
export class ReadArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'Wait until the read models hold everything up to this position (from a mutation’s answer).',
  })
  atLeast?: Position;

  @IsOptional()
  @Field(() => AsOfInput, { nullable: true, description: 'Answer as of then, folded anew from the log.' })
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
    description: 'Go on behind this position (that of the last answer seen); without it, from now on.',
  })
  after?: Position;
}

/** Arguments of a connection. */
@ArgsType()
export class PageArgs extends ReadArgs {
  @IsInt()
  @Min(1)
  @Max(500)
  @Field(() => Int, { defaultValue: 50, description: 'How many at most, up to 500.' })
  first: number = 50;

  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'The cursor after which to go on.' })
  after?: string;
}

@ObjectType({ description: 'Where a page of a connection stands.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Is there more behind this page?' })
  hasNextPage!: boolean;
  @Field(() => String, { nullable: true, description: 'Cursor of the last node; give it as `after`.' })
  endCursor!: string | null;
}

export interface Connection<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** Makes the Relay connection type of a node type. */
export const connectionOf = <N>(name: string, node: Type<N>): Type<Connection<N>> => {
  @ObjectType(`${name}Edge`, { description: `A ${name} and where it stands.` })
  class Edge {
    @Field(() => String, { description: 'Go on behind this one with `after`.' })
    cursor!: string;
    @Field(() => node, { description: `The ${name}.` })
    node!: N;
  }
  @ObjectType(`${name}Connection`, { description: `A page of ${name} nodes.` })
  class Page implements Connection<N> {
    @Field(() => [Edge], { description: 'The nodes with their cursors.' })
    edges!: Edge[];
    @Field(() => PageInfo, { description: 'Where this page stands.' })
    pageInfo!: PageInfo;
    @Field(() => Int, { description: 'How many there are in all.' })
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
  throw new Refused('graphql/bad-cursor', 'Give the endCursor of an earlier page, unchanged.', 'after');
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
  const endCursor = edges[edges.length - 1]?.cursor ?? null;
  return { edges, totalCount, pageInfo: { hasNextPage: found.length > first, endCursor } };
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
    throw new Refused('graphql/bad-cursor', 'Give the endCursor of an earlier page, unchanged.', 'after');
  const edges = rows
    .slice(start, start + first)
    .map((node) => ({ cursor: writeCursor({ id: idOf(node), values: [] }), node }));
  const pageInfo = { hasNextPage: start + first < rows.length, endCursor: edges.at(-1)?.cursor ?? null };
  return { edges, totalCount: rows.length, pageInfo };
};
