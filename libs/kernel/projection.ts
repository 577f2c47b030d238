import type { AnyEvent, EventMeta, StoredEvent, Position } from './event';
import { ERASURE } from './erasure';
import { withoutSealed, type AsStored, type SearchTerms } from './sealed';

/**
 * What a column may hold: instants and text sort as text; null is the smallest value everywhere. `instant` holds instants in
 * the stored form, and '' for one that is not known. `tokens` holds the tokens of a sealed field, or the texts of a list: it is
 * found by them (`has`) and in no other way.
 */
export type ColumnType = 'text' | 'instant' | 'integer' | 'real' | 'flag' | 'tokens';
export type Scalar = string | number | boolean | null;

export interface Order {
  readonly column: string;
  readonly descending?: boolean;
}
/** The columns of an index, in order; the id follows. */
export type Index = readonly Order[];

/** A read model: a pure fold of events into documents, one per key. The keys of `on` are the subscription. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Projection<D = any> {
  readonly name: string;
  /** Bump to rebuild into a new generation beside the old one. */
  readonly version: number;
  /** Each document holds sealed fields of the person with its id, and removes them when that person is erased. */
  readonly personal: boolean;
  /** Sealed fields that can be found by search terms; each is a column of tokens. */
  readonly search: Readonly<Record<string, SearchTerms>>;
  /** Fields of the document that queries filter, sort and group by. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** By default one for each column. */
  readonly indexes?: readonly Index[];
  /** The subscribed event types; undefined for all (the case file). */
  readonly types: readonly string[] | undefined;
  readonly keys: (event: StoredEvent) => readonly string[];
  readonly initial: (key: string) => D;
  readonly fold: (document: D, event: StoredEvent, key: string) => D;
  /**
   * For an index: `fold` returns an entry, and of a key so many entries form a row, and so many a block. Undefined: one
   * document per key.
   */
  readonly listSizes?: { readonly row: number; readonly block: number };
  /**
   * Fields with lists that grow with history. A long one is kept in blocks beside its document and read with it, so that a
   * change of one entry does not write the others. Each gives the text of an entry by which blocks end: one that differs
   * between entries. Folds never change an entry, they put another one in its place.
   */
  readonly longLists?: Readonly<Record<string, (entry: never) => string>>;
  /** It is a fold of the whole log, see `logFold`: `keys` and `fold` are not used. */
  readonly ofLog?: LogFold;
  /** Each key is a subject whose history makes rows; `initial` and `fold` are not used. */
  readonly history?: SubjectHistory;
}

/**
 * What an event makes of the history of a subject: its next state, the rows that are new or changed, and those that go.
 * The id of a row is unique within its subject and has no `/`.
 */
export interface HistoryStep<S, R> {
  readonly state: S;
  readonly put?: readonly { readonly id: string; readonly row: R }[];
  readonly drop?: readonly string[];
}
export interface SubjectHistory {
  readonly initial: (subject: string) => object;
  readonly step: (state: object, event: StoredEvent, subject: string) => HistoryStep<object, object>;
}
/** The id of the document of a row, and the subject that it belongs to. */
export const rowIdOf = (subject: string, id: string): string => `${subject}/${id}`;
/** The ids of the rows of a subject: '0' is the character behind '/'. */
export const rowIdsOf = (subject: string): { readonly gte: string; readonly lt: string } => ({
  ...{ gte: rowIdOf(subject, ''), lt: `${subject}0` },
});
/** The subject of a row of a history. */
export const subjectOfRow = (id: string): string => id.slice(0, id.lastIndexOf('/'));

/** An event as the log keeps it: personal fields are ciphertext, the data has the version it was written with. */
export type EventInLog = Omit<StoredEvent, 'occurredAt'>;
/** A row that a fold of the log has completed; it is written once. */
export interface LogRow {
  readonly id: string;
  readonly doc: object;
}
export interface LogFold {
  /** Continues from a saved state; undefined: from the beginning of the log. */
  readonly from: (state: object | undefined) => LogFolding;
  /** Says what differs between a row or state and the same one folded anew, for whoever looks for an altered event. */
  readonly difference: (expected: object, found: object | undefined) => readonly string[];
}
/** A fold of the log at one place. */
export interface LogFolding {
  /** Adds the next event. @returns the rows that are complete with it */
  readonly add: (event: EventInLog) => readonly LogRow[];
  /** What is not in complete rows: bounded, and enough to continue from here. */
  readonly state: () => object;
}

type EntryOf<L> = NonNullable<L> extends readonly (infer E)[] ? E : never;
/** The fields of documents of each kind. */
type FieldOf<D> = D extends unknown ? keyof D & string : never;
export interface ProjectionShape<D, E extends AnyEvent> {
  readonly name: string;
  readonly version: number;
  readonly personal?: boolean;
  /** A field of this name in an event and in the document is found by these terms of its value. */
  readonly search?: { readonly [C in keyof D & string]?: SearchTerms };
  /** Each column is the document's field of that name; an absent field is null. */
  readonly columns?: { readonly [C in FieldOf<D>]?: ColumnType };
  /** The columns that have an index; by default each. */
  readonly indexed?: readonly FieldOf<D>[];
  /** Lists that grow with history, see `Projection`. */
  readonly longLists?: { readonly [C in keyof D & string]?: (entry: EntryOf<D[C]>) => string };
  /** Ids of the documents that an event changes; [] for none. */
  readonly keys: (event: StoredEvent<AsStored<E>>) => readonly string[];
  readonly initial: (key: string) => D;
  readonly on: {
    readonly [T in E['type']]?: (document: D, event: StoredEvent<AsStored<Extract<E, { type: T }>>>, key: string) => D;
  };
}

const columnsOf = ({ columns = {}, search = {} }: { readonly columns?: object; readonly search?: object }) => ({
  ...(columns as Record<string, ColumnType>),
  ...Object.fromEntries(Object.keys(search).map((field) => [field, 'tokens' as const])),
});

/**
 * Declares a read model over some event types. Folds are pure, run in log order, and must handle a late `occurredAt`;
 * personal fields are sealed.
 */
export const projection = <D extends object, E extends AnyEvent>(shape: ProjectionShape<D, E>): Projection<D> => {
  const on = shape.on as unknown as Record<string, ((document: D, event: StoredEvent, key: string) => D) | undefined>;
  const keys = shape.keys as (event: StoredEvent) => readonly string[];
  const personal = shape.personal ?? false;
  return {
    name: shape.name,
    version: shape.version,
    personal,
    search: (shape.search ?? {}) as Record<string, SearchTerms>,
    columns: columnsOf(shape),
    ...(shape.indexed && { indexes: shape.indexed.map((column) => [{ column }]) }),
    ...(shape.longLists && { longLists: shape.longLists as NonNullable<Projection['longLists']> }),
    types: [...new Set([...Object.keys(shape.on), ...(personal ? [ERASURE] : [])])],
    keys: personal ? (event) => (event.type === ERASURE ? [event.data.leadId] : keys(event)) : keys,
    initial: shape.initial,
    fold: (document, event, key) => {
      // An erasure may have a fold of its own, beside what it removes.
      if (!personal || event.type !== ERASURE) return on[event.type]!(document, event, key);
      return withoutSealed(on[ERASURE]?.(document, event, key) ?? document, event.data.leadId);
    },
  };
};

/** A read model over every event type of the catalogue (the case file). */
export const projectionOfAllEvents = <D extends object>(
  shape: Omit<ProjectionShape<D, AnyEvent>, 'on' | 'keys' | 'personal'> & {
    readonly keys: (event: StoredEvent) => readonly string[];
    readonly on: (document: D, event: StoredEvent, key: string) => D;
  },
): Projection<D> => ({
  name: shape.name,
  version: shape.version,
  personal: false,
  search: (shape.search ?? {}) as Record<string, SearchTerms>,
  columns: columnsOf(shape),
  types: undefined,
  keys: shape.keys,
  initial: shape.initial,
  fold: shape.on,
});

/** An entry of an index, ordered by the position of its event. */
export interface IndexEntry {
  readonly position: Position;
}

/** A row is written anew with each entry until it is complete, so it is short. */
const LIST_SIZES = { row: 16, block: 256 };

/**
 * Declares an index over every event type: for each key a list with one entry per event, in log order. A list grows
 * with history, so it is not one document: new entries are added to a row of 16, and 16 complete rows become one block. The
 * same log gives the same rows and blocks at any page size. Read by `ReadModels.entries`.
 * @param shape `keys`: the lists of an event, each once and without a `/`; `entry`: what a list keeps of the event
 */
export const eventIndex = <E extends IndexEntry>(shape: {
  readonly name: string;
  readonly version: number;
  readonly keys: (event: StoredEvent) => readonly string[];
  readonly entry: (event: StoredEvent, key: string) => E;
}): Projection<E> => ({
  name: shape.name,
  version: shape.version,
  personal: false,
  search: {},
  columns: {},
  types: undefined,
  keys: shape.keys,
  initial: () => ({}) as E, // nothing is folded into an entry
  fold: (_, event, key) => shape.entry(event, key),
  listSizes: LIST_SIZES,
});

/**
 * Declares a fold of the whole log in its order, whatever the events are: a hash tree. It makes rows that are written once
 * and never changed, and a bounded state, which is saved with each checkpoint (`LOG_STATE`). An event of a type that this
 * build does not know counts like any other, because the events are not decoded.
 */
export const logFold = (
  shape: Pick<Projection, 'name' | 'version' | 'columns'> & LogFold,
): Projection & { readonly ofLog: LogFold } => ({
  ...{ name: shape.name, version: shape.version, columns: shape.columns },
  ...{ personal: false, search: {}, types: undefined },
  keys: () => [],
  initial: () => ({}),
  fold: (document: object) => document,
  ofLog: { from: shape.from, difference: shape.difference },
});
/** The document with the state of a fold of the log, and the number of events in it. */
export const LOG_STATE = 'state';
export interface LogState {
  readonly count: number;
  readonly state: object;
}

/** The read model with the mode (`live` or `backfill`) of the last event added to each document. */
export const withMode = <D extends object>(of: Projection<D>): Projection<D & Partial<Pick<EventMeta, 'mode'>>> => ({
  ...of,
  columns: { ...of.columns, mode: 'text' },
  fold: (document, event, key) => ({ ...of.fold(document, event, key), mode: event.meta.mode }),
});
