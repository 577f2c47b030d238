import type { Type } from '@nestjs/common';
import {
  ArgsType,
  Extensions,
  Field,
  InputType,
  Int,
  ObjectType,
  PickType,
  type FieldMiddleware,
} from '@nestjs/graphql';
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
import { assumedSizes } from './limits';
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

/** Nodes of a page where neither `first` nor `last` says how many, and at most. */
export const PAGE = { default: assumedSizes.page, max: 500 } as const;

/** Which page of a list: the first nodes after a cursor, or the last ones before it. */
export interface PageQuestion {
  readonly first?: number | undefined;
  readonly after?: string | undefined;
  readonly last?: number | undefined;
  readonly before?: string | undefined;
}
/** The arguments of a page: name, type and description. */
export const pageArguments = [
  ['first', Int, `The maximum number of nodes from the beginning, 1 to ${PAGE.max}; ${PAGE.default} by default.`],
  ['after', String, 'Return nodes after this cursor: the `endCursor` of an earlier page.'],
  ['last', Int, `The maximum number of nodes from the end, 1 to ${PAGE.max}.`],
  ['before', String, 'With `last`: return nodes before this cursor, the `startCursor` of a later page.'],
] as const;

/** Arguments of a connection that is read forwards only. */
@ArgsType()
export class ForwardPageArgs extends ReadArgs {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PAGE.max)
  @Field(() => Int, { nullable: true, description: pageArguments[0][2] })
  first?: number;

  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: pageArguments[1][2] })
  after?: string;
}

/** Arguments of a connection. */
@ArgsType()
export class PageArgs extends ForwardPageArgs implements PageQuestion {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PAGE.max)
  @Field(() => Int, { nullable: true, description: pageArguments[2][2] })
  last?: number;

  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: pageArguments[3][2] })
  before?: string;
}
/** Arguments of a connection within an answer. */
@ArgsType()
export class InnerPageArgs extends PickType(PageArgs, ['first', 'after', 'last', 'before'], ArgsType) {}

/** The arguments of a list by what they are for: the page, the cut, and all others. */
export const splitArgs = <A extends PageArgs>({ first, after, last, before, asOf, atLeast: _, ...rest }: A) => ({
  page: { first, after, last, before },
  asOf,
  rest,
});

@ObjectType({ description: 'Information about a page of a connection.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are more nodes after this page.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'Whether there are more nodes before this page.' })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true, description: 'The cursor of the first node; pass it as `before`.' })
  startCursor!: string | null;
  @Field(() => String, { nullable: true, description: 'The cursor of the last node; pass it as `after`.' })
  endCursor!: string | null;
}

export interface Connection<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly nodes: readonly N[];
  readonly pageInfo: PageInfo;
  /** Computed when it is asked for. */
  readonly totalCount: number | (() => Promise<number>);
}

/** The lists of a connection are as long as its page, which is counted already. */
const CountedByPage = () => Extensions({ listItems: 1 });

/** A value that is computed when its field is asked for. */
const whenAsked: FieldMiddleware = async (_, next) => {
  const value: unknown = await next();
  return typeof value === 'function' ? (value as () => unknown)() : value;
};

/** Makes the Relay connection type of a node type. */
export const connectionOf = <N>(name: string, node: Type<N>): Type<Connection<N>> => {
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
    @Field(() => Int, { description: 'The total number of nodes.', middleware: [whenAsked] })
    totalCount!: number;
  }
  return Page;
};

type Cursor = { readonly values: readonly (string | number | boolean | null)[]; readonly id: string };
export const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');
const badCursor = (path: string) =>
  new Refused('graphql/bad-cursor', `${path} must be a cursor of an earlier page of this list, unchanged.`, path);
/** @throws Refused `graphql/bad-cursor` */
export const readCursor = (text: string, path = 'after'): Cursor => {
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor;
    if (typeof cursor.id === 'string' && Array.isArray(cursor.values)) return cursor;
  } catch {
    // reported below
  }
  throw badCursor(path);
};

/**
 * How many nodes, from which end, and from which cursor on.
 * @throws Refused `graphql/bad-page` for arguments that contradict each other, `graphql/invalid-argument`,
 * `graphql/bad-cursor`
 */
const pageBoundsOf = ({ first, after, last, before }: PageQuestion) => {
  const backwards = last !== undefined;
  if (backwards ? first !== undefined || after !== undefined : before !== undefined)
    throw new Refused('graphql/bad-page', 'Use first with after, or last with before.', backwards ? 'last' : 'before');
  const limit = last ?? first ?? PAGE.default;
  const [path, end] = backwards ? ['last', 'before'] : ['first', 'after'];
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE.max)
    throw new Refused('graphql/invalid-argument', `${path} must be a whole number from 1 to ${PAGE.max}.`, path);
  const cursor = backwards ? before : after;
  return { backwards, limit, end: end!, cursor: cursor === undefined ? undefined : readCursor(cursor, end) };
};

/** A page that was read forwards, by a reader of its own. */
export const forwardConnection = <N>(
  edges: Connection<N>['edges'],
  { hasNextPage, after, totalCount }: { hasNextPage: boolean; after: string | undefined; totalCount: number },
): Connection<N> => connection(edges, { backwards: false, more: hasNextPage, from: after !== undefined }, totalCount);

/** A page of rows in the order of the list; `more`: there are further ones in the direction in which it was read. */
const connection = <N>(
  edges: Connection<N>['edges'],
  { backwards, more, from }: { readonly backwards: boolean; readonly more: boolean; readonly from: boolean },
  totalCount: Connection<N>['totalCount'],
): Connection<N> => ({
  edges,
  nodes: edges.map(({ node }) => node),
  totalCount,
  pageInfo: {
    hasNextPage: backwards ? from : more,
    hasPreviousPage: backwards ? more : from,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  },
});

/** Reads one page of a read model as a connection; `toNode` turns documents into nodes. */
export const readPage = async <D extends object, N>(
  models: ReadModels,
  projection: Projection<D>,
  { where = {}, orderBy = [], ...page }: PageQuestion & { readonly where?: Where; readonly orderBy?: readonly Order[] },
  toNode: (doc: D, id: string) => N,
): Promise<Connection<N>> => {
  const { backwards, limit, cursor, end } = pageBoundsOf(page);
  // Backwards, the order is turned around, that of the id too, which follows the last column.
  const last = orderBy.length > 0 ? orderBy : [{ column: 'id' }];
  const order = backwards ? last.map(({ column, descending }) => ({ column, descending: !descending })) : orderBy;
  if (cursor && cursor.values.length !== orderBy.length) throw badCursor(end);
  const after = cursor && (backwards && orderBy.length === 0 ? { ...cursor, values: [cursor.id] } : cursor);
  const found = await models.find(projection, { where, orderBy: order, limit: limit + 1, ...(after && { after }) });
  const edges = found.slice(0, limit).map(({ id, doc }) => ({
    cursor: writeCursor({
      id,
      values: orderBy.map(({ column }) =>
        column === 'id' ? id : (((doc as Record<string, unknown>)[column] ?? null) as Cursor['values'][0]),
      ),
    }),
    node: toNode(doc, id),
  }));
  return connection(
    backwards ? edges.reverse() : edges,
    { backwards, more: found.length > limit, from: cursor !== undefined },
    () => models.count(projection, where),
  );
};

/**
 * One page of rows that are at hand already, in their order.
 * @throws Refused `graphql/bad-cursor`, also when the row that the cursor stands for does not exist any more
 */
export const pageOf = <N>(rows: readonly N[], page: PageQuestion, idOf: (row: N) => string): Connection<N> => {
  const { backwards, limit, cursor, end } = pageBoundsOf(page);
  const place = cursor && rows.findIndex((row) => idOf(row) === cursor.id);
  if (place === -1) throw badCursor(end);
  const [from, to] = backwards
    ? [Math.max(0, (place ?? rows.length) - limit), place ?? rows.length]
    : [(place ?? -1) + 1, (place ?? -1) + 1 + limit];
  const edges = rows.slice(from, to).map((node) => ({ cursor: writeCursor({ id: idOf(node), values: [] }), node }));
  const more = backwards ? from > 0 : to < rows.length;
  return connection(edges, { backwards, more, from: cursor !== undefined }, rows.length);
};
