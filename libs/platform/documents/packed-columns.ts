import type { Projection, Where } from '@baton/kernel';

/**
 * What a process keeps in memory of every document of a read model, packed into typed arrays, for figures over many rows.
 * Its methods do not wait for anything, so that a question sees it at one moment.
 */
export interface PackedColumns<D> {
  /** Takes a document in, in place of an earlier one of that id. */
  put(id: string, doc: D): void;
  /** Of a history, whose rows may be dropped: takes out the rows of a subject that are not among these. */
  retain?(subject: string, ids: ReadonlySet<string>): void;
  /** The memory it takes, typed arrays included. */
  readonly bytes: number;
}

/** Declares the columns of a read model. One declaration is one set of columns in a process. */
export interface ColumnsOf<D, C extends PackedColumns<D>> {
  readonly of: Projection<D>;
  /** Only such documents are read at first; one that changes is put whatever it has become. */
  readonly where?: Where;
  readonly empty: () => C;
}

/** Keeps columns between questions, and brings them up to what the read models show. */
export type ColumnKeeper = <D, C extends PackedColumns<D>>(declared: ColumnsOf<D, C>) => Promise<C>;
