import type { AnyEvent, Recorded } from './event';

/** What a column may hold: instants and text sort as text; null is the smallest value everywhere. */
export type ColumnType = 'text' | 'integer' | 'real' | 'flag';
export type Scalar = string | number | boolean | null;

/** A read model: a pure fold of events into documents, one per key. The keys of `on` are the subscription. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Projection<D = any> {
  readonly name: string;
  /** Bump to rebuild into a new generation beside the old one. */
  readonly version: number;
  /** Does the fold read personal fields? Only then are they decrypted for it; after an erasure they are absent. */
  readonly personal: boolean;
  /** Fields of the document that queries filter, sort and group by. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Event types that the fold takes; undefined: every type (the case file). */
  readonly types: readonly string[] | undefined;
  readonly keys: (event: Recorded) => readonly string[];
  readonly initial: (key: string) => D;
  readonly fold: (document: D, event: Recorded, key: string) => D;
}

interface ProjectionShape<D, E extends AnyEvent> {
  readonly name: string;
  readonly version: number;
  readonly personal?: boolean;
  /** Each column is the document's field of that name; an absent field is null. */
  readonly columns?: { readonly [C in keyof D & string]?: ColumnType };
  /** Ids of the documents that an event changes; [] for none. */
  readonly keys: (event: Recorded<E>) => readonly string[];
  readonly initial: (key: string) => D;
  readonly on: {
    readonly [T in E['type']]?: (document: D, event: Recorded<Extract<E, { type: T }>>, key: string) => D;
  };
}

/** Declares a read model over some event types. Folds are pure, run in log order, and stand a late `occurredAt`. */
export const projection = <D extends object, E extends AnyEvent>(shape: ProjectionShape<D, E>): Projection<D> => {
  const on = shape.on as unknown as Record<string, ((document: D, event: Recorded, key: string) => D) | undefined>;
  return {
    name: shape.name,
    version: shape.version,
    personal: shape.personal ?? false,
    columns: (shape.columns ?? {}) as Record<string, ColumnType>,
    types: Object.keys(shape.on),
    keys: shape.keys as (event: Recorded) => readonly string[],
    initial: shape.initial,
    fold: (document, event, key) => on[event.type]!(document, event, key),
  };
};

/** A read model over every event type of the catalogue (the case file). */
export const projectionOfAll = <D extends object>(
  shape: Omit<ProjectionShape<D, AnyEvent>, 'on'> & { readonly on: (document: D, event: Recorded, key: string) => D },
): Projection<D> => ({
  name: shape.name,
  version: shape.version,
  personal: shape.personal ?? false,
  columns: (shape.columns ?? {}) as Record<string, ColumnType>,
  types: undefined,
  keys: shape.keys,
  initial: shape.initial,
  fold: shape.on,
});
