import {
  DAY_MS,
  fromMs,
  Refused,
  toMs,
  type FindOptions,
  type Instant,
  type Order,
  type Projection,
  type Scalar,
  type Where,
} from '@baton/kernel';

/** Nodes of a page where neither `first` nor `last` says how many, and at most. */
export const PAGE = { default: 50, max: 500 } as const;

/** Which page of a list: the first nodes after a cursor, or the last ones before it. */
export interface PageQuestion {
  readonly first?: number | undefined;
  readonly after?: string | undefined;
  readonly last?: number | undefined;
  readonly before?: string | undefined;
}
/** The place of a page in its list. */
export interface PagePlace {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}
export interface Connection<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly nodes: readonly N[];
  readonly pageInfo: PagePlace;
  /** Computed when it is asked for. */
  readonly totalCount: number | (() => Promise<number>);
}

/** What pages are read from: read models, or these with what contexts contribute to them. */
export interface PageSource {
  find<D>(
    of: Projection<D>,
    find?: FindOptions,
  ): Promise<readonly { readonly id: string; readonly doc: D; readonly contributed?: ContributedFields }[]>;
  count(of: Projection, where?: Where): Promise<number>;
}
/** The values of contributed fields of one document. */
export type ContributedFields = Readonly<Record<string, Scalar>>;

type Cursor = {
  /** The read model and the order, where the values are those of columns. */
  readonly of?: string;
  /** The instant for which values are contributed throughout the walk; absent where none are asked for. */
  readonly at?: Instant;
  readonly values: readonly (string | number | boolean | null)[];
  readonly id: string;
};
export const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');
const badCursor = (path: string) =>
  new Refused('graphql/bad-cursor', `${path} must be a cursor of an earlier page of this list, unchanged.`, path);
/** A cursor holds two values of columns at most, and the id. */
const MAX_CURSOR = 8_000;
/** @throws Refused `graphql/bad-cursor` */
const readCursor = (text: string, path = 'after'): Cursor => {
  if (text.length > MAX_CURSOR) throw badCursor(path);
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor;
    if (typeof cursor.id === 'string' && Array.isArray(cursor.values)) return cursor;
  } catch {
    // reported below
  }
  throw badCursor(path);
};

/** So long a walk may go on under the contributed values with which it began. */
const MAX_WALK_MS = DAY_MS;

/**
 * The instant for which a page asks contributed values: that of the first page of its walk.
 * @param now the instant of the question
 * @throws Refused `graphql/bad-cursor`; `graphql/cursor-expired` for a walk that began more than a day before
 */
export const walkInstantOf = ({ after, before }: PageQuestion, now: Instant): Instant => {
  const [text, end] = before === undefined ? [after, 'after'] : [before, 'before'];
  const at = text === undefined ? undefined : readCursor(text, end).at;
  if (at === undefined) return now;
  let began: number;
  try {
    began = toMs(at);
  } catch {
    throw badCursor(end);
  }
  if (fromMs(began) !== at || began > toMs(now)) throw badCursor(end);
  if (began < toMs(now) - MAX_WALK_MS)
    throw new Refused(
      'graphql/cursor-expired',
      `${end} belongs to a list that was read more than 24 hours ago; ask for its first page again.`,
      end,
    );
  return at;
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

/** A node with its cursor, which is written when it is asked for: mostly the last one alone is. */
class Edge<R, N> {
  constructor(
    readonly node: N,
    private readonly row: R,
    private readonly placeOf: (row: R) => Cursor,
  ) {}
  get cursor(): string {
    return writeCursor(this.placeOf(this.row));
  }
}

/**
 * Where a page stands; its cursors are written when they are asked for. A class: V8 gives each object whose getters are
 * its own a hidden class of its own, which lives in its old heap and keeps all that they see until that is collected.
 */
class Place<N> implements PagePlace {
  constructor(
    private readonly edges: Connection<N>['edges'],
    readonly hasNextPage: boolean,
    readonly hasPreviousPage: boolean,
  ) {}
  get startCursor(): string | null {
    return this.edges[0]?.cursor ?? null;
  }
  get endCursor(): string | null {
    return this.edges.at(-1)?.cursor ?? null;
  }
}

/** A page of rows in the order of the list; `more`: there are further ones in the direction in which it was read. */
const connection = <N>(
  edges: Connection<N>['edges'],
  { backwards, more, from }: { readonly backwards: boolean; readonly more: boolean; readonly from: boolean },
  totalCount: Connection<N>['totalCount'],
): Connection<N> => ({
  edges,
  nodes: edges.map(({ node }) => node),
  totalCount,
  pageInfo: new Place(edges, backwards ? from : more, backwards ? more : from),
});

/**
 * Reads one page of a read model as a connection; `toNode` turns documents into nodes.
 * @param at the instant of contributed values, which cursors carry
 * @param fields those that `toNode` needs; all without it
 */
export const readPage = async <D extends object, N>(
  source: PageSource,
  projection: Projection<D>,
  {
    where = {},
    orderBy = [],
    at,
    fields,
    ...page
  }: PageQuestion & {
    readonly where?: Where;
    readonly orderBy?: readonly Order[];
    readonly at?: Instant | undefined;
    readonly fields?: readonly string[] | undefined;
  },
  toNode: (doc: D, id: string, contributed?: ContributedFields) => N,
): Promise<Connection<N>> => {
  const { backwards, limit, cursor, end } = pageBoundsOf(page);
  // Backwards, the order is turned around, that of the id too, which follows the last column.
  const last = orderBy.length > 0 ? orderBy : [{ column: 'id' }];
  const order = backwards ? last.map(({ column, descending }) => ({ column, descending: !descending })) : orderBy;
  // Under another order its values would stand for other columns, and the page would begin anywhere.
  const of = [projection.name, ...orderBy.map(({ column, descending }) => (descending ? `-${column}` : column))].join();
  if (cursor && (cursor.of !== of || cursor.values.length !== orderBy.length)) throw badCursor(end);
  const after = cursor && (backwards && orderBy.length === 0 ? { ...cursor, values: [cursor.id] } : cursor);
  const found = await source.find(projection, {
    ...{ where, orderBy: order, limit: limit + 1, ...(after && { after }) },
    // Cursors are made of the columns of the order.
    ...(fields && { fields: [...fields, ...orderBy.map(({ column }) => column).filter((one) => one !== 'id')] }),
  });
  const placeOf = ({ id, doc, contributed }: (typeof found)[number]): Cursor => {
    const valueOf = ({ column }: Order): Scalar => {
      if (column === 'id') return id;
      const from = contributed && column in contributed ? contributed : (doc as Readonly<Record<string, Scalar>>);
      return from[column] ?? null;
    };
    return { ...{ of, id }, ...(at !== undefined && { at }), values: orderBy.map(valueOf) };
  };
  const edges = found.slice(0, limit).map((row) => new Edge(toNode(row.doc, row.id, row.contributed), row, placeOf));
  return connection(
    backwards ? edges.reverse() : edges,
    { backwards, more: found.length > limit, from: cursor !== undefined },
    () => source.count(projection, where),
  );
};

/** Rows that are at hand, in their order. */
export interface PagedRows<N> {
  readonly length: number;
  slice(from: number, to: number): readonly N[];
  /** The place of the row that a cursor stands for, -1 for none. */
  placeOf(id: string): number;
}

/**
 * One page of rows that are at hand already.
 * @throws Refused `graphql/bad-cursor`, also when the row that the cursor stands for does not exist any more
 */
export const pageOfRows = <N>(rows: PagedRows<N>, page: PageQuestion, idOf: (row: N) => string): Connection<N> => {
  const { backwards, limit, cursor, end } = pageBoundsOf(page);
  if (cursor?.of !== undefined) throw badCursor(end);
  const place = cursor && rows.placeOf(cursor.id);
  if (place === -1) throw badCursor(end);
  const [from, to] = backwards
    ? [Math.max(0, (place ?? rows.length) - limit), place ?? rows.length]
    : [(place ?? -1) + 1, (place ?? -1) + 1 + limit];
  const placeOf = (row: N): Cursor => ({ id: idOf(row), values: [] });
  const edges = rows.slice(from, to).map((node) => new Edge(node, node, placeOf));
  const more = backwards ? from > 0 : to < rows.length;
  return connection(edges, { backwards, more, from: cursor !== undefined }, rows.length);
};

/** One page of a list of rows. @throws as `pageOfRows` */
export const pageOf = <N>(rows: readonly N[], page: PageQuestion, idOf: (row: N) => string): Connection<N> => {
  const placeOf = (id: string) => rows.findIndex((row) => idOf(row) === id);
  return pageOfRows({ length: rows.length, slice: rows.slice.bind(rows), placeOf }, page, idOf);
};

/**
 * One page of rows that are found one after the other, the largest id first: no more are looked for than the page needs.
 * @param rowsBelow those with smaller ids, or all
 * @throws Refused `graphql/bad-cursor`, as `pageOf`
 */
export const pageOfFound = async <N>(
  rowsBelow: (id?: string) => AsyncIterable<N>,
  page: PageQuestion,
  idOf: (row: N) => string,
): Promise<Connection<N>> => {
  const { backwards, limit, cursor, end } = pageBoundsOf(page);
  if (cursor?.of !== undefined) throw badCursor(end);
  const found: N[] = [];
  let dropped = 0;
  for await (const row of rowsBelow(backwards ? undefined : cursor?.id)) {
    if (backwards && cursor && idOf(row) <= cursor.id) break;
    found.push(row);
    if (!backwards && found.length > limit) break;
    if (found.length > 2 * limit) dropped += found.splice(0, limit).length; // backwards, the last ones count
  }
  const rows = backwards ? found.slice(-limit) : found.slice(0, limit);
  const edges = rows.map((node) => ({ cursor: writeCursor({ id: idOf(node), values: [] }), node }));
  const more = found.length + dropped > limit;
  return connection(edges, { backwards, more, from: cursor !== undefined }, async () => {
    let count = 0;
    for await (const _ of rowsBelow()) count++;
    return count;
  });
};
