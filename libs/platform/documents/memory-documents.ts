import { Documents } from '@baton/kernel';
import type {
  Aggregation,
  Checkpoint,
  Collection,
  Commit,
  Document,
  Fence,
  FindOptions,
  AggregateGroup,
  ParkedSequence,
  Scalar,
  Where,
} from '@baton/kernel';
import { columnsChanged, compareScalars, rowOf, signatureOf, type ColumnValue, type DocumentRow } from './columns';
import { generationDropped, leaseLost, parkedOrder } from './refusals';
import {
  HALF,
  matchesClause,
  sortedGroups,
  planAggregate,
  planFind,
  planWhere,
  type Clause,
  type FindPlan,
  type PlannedMeasure,
} from './query';

interface MemoryCollection {
  readonly signature: string;
  readonly rows: Map<string, DocumentRow>;
  /** The rows in the orders that were asked for. */
  readonly orders: Map<string, readonly DocumentRow[]>;
}

/** Documents of this process alone: for figures as of some instant, and for tests. They are kept as JSON text. */
export class MemoryDocuments extends Documents {
  private readonly collections = new Map<string, MemoryCollection>();
  private readonly checkpoints = new Map<string, Checkpoint>();
  private readonly parkedSequences = new Map<string, ParkedSequence>();
  private readonly activeOf = new Map<string, string>();
  private readonly dropped = new Set<string>();
  private readonly heartbeats = new Map<string, number>();
  private readonly heldLeases = new Map<string, { holder: string | undefined; token: number }>();

  /** Bytes that the documents take, counted generously: two for each character, and what holds them. */
  get bytes(): number {
    let bytes = 0;
    for (const { rows, orders } of this.collections.values()) {
      for (const { id, json } of rows.values()) bytes += 2 * (json.length + id.length) + 400;
      bytes += 8 * rows.size * orders.size;
    }
    return bytes;
  }

  async prepare(collection: Collection): Promise<void> {
    this.refuseDropped(collection.name);
    this.rowsToWrite(collection);
  }

  async getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    signatureOf(collection);
    const rows = this.collections.get(collection.name)?.rows;
    const found = new Map<string, Document>();
    for (const id of ids) {
      const row = rows?.get(id);
      if (row) found.set(id, documentOf(row));
    }
    return found;
  }

  async find(collection: Collection, find?: FindOptions): Promise<readonly Document[]> {
    const { order, matches, after, limit } = planFind(collection, find);
    const rows = this.rowsInOrder(collection, order);
    const found: DocumentRow[] = [];
    for (let at = after ? firstBehind(rows, order, after) : 0; at < rows.length && found.length < limit; at++)
      if (matchesClause(matches, (column) => columnValueOf(rows[at]!, column))) found.push(rows[at]!);
    return found.map(documentOf);
  }

  async count(collection: Collection, where?: Where): Promise<number> {
    return this.matching(collection, planWhere(collection, where)).length;
  }

  async aggregate(collection: Collection, aggregate: Aggregation): Promise<readonly AggregateGroup[]> {
    const plan = planAggregate(collection, aggregate);
    const groups = new Map<string, { keys: readonly Scalar[]; rows: DocumentRow[] }>();
    for (const row of this.matching(collection, plan.matches)) {
      const keys = plan.keys.map(({ column, edges }) => {
        const value = valueOf(row, column);
        return edges ? bucketOf(value, edges) : value;
      });
      const name = JSON.stringify(keys);
      const group = groups.get(name);
      if (group) group.rows.push(row);
      else groups.set(name, { keys, rows: [row] });
    }
    return sortedGroups(
      plan,
      Array.from(groups.values(), ({ keys, rows }) => ({
        keys,
        values: Object.fromEntries(plan.measures.map((measure) => [measure.name, measureOf(rows, measure)])),
      })),
    );
  }

  async commit({ writes, follower, checkpoint, parked = [], unparked = [], fence }: Commit): Promise<void> {
    if ((this.heldLeases.get(fence.lease)?.token ?? 0) > fence.token) throw leaseLost(fence);
    this.refuseDropped(follower);
    if (writes) this.refuseDropped(writes.collection.name);
    if (writes) {
      const made = Array.from(writes.documents, (document) => rowOf(writes.collection, document)); // all or none
      const rows = this.rowsToWrite(writes.collection);
      for (const row of made) {
        const stored = rows.get(row.id);
        if (!stored || stored.position < row.position) rows.set(row.id, row);
      }
      for (const id of writes.removed ?? []) rows.delete(id);
    }
    for (const one of parked) this.parkedSequences.set(JSON.stringify([one.follower, one.sequence]), { ...one });
    for (const sequence of unparked) this.parkedSequences.delete(JSON.stringify([follower, sequence]));
    this.checkpoints.set(follower, { ...checkpoint });
  }

  async checkpoint(follower: string): Promise<Checkpoint | undefined> {
    return this.checkpoints.get(follower);
  }

  async parked(follower?: string): Promise<readonly ParkedSequence[]> {
    return [...this.parkedSequences.values()]
      .filter((one) => follower === undefined || one.follower === follower)
      .sort(parkedOrder);
  }

  async unpark(follower: string, sequence: string): Promise<void> {
    this.parkedSequences.delete(JSON.stringify([follower, sequence]));
  }

  async active(projection: string): Promise<string | undefined> {
    return this.activeOf.get(projection);
  }

  async activate(projection: string, generation: string): Promise<void> {
    this.activeOf.set(projection, generation);
  }

  async drop(generation: string): Promise<void> {
    this.dropped.add(generation);
    this.collections.delete(generation);
    this.checkpoints.delete(generation);
    for (const [key, { follower }] of this.parkedSequences)
      if (follower === generation) this.parkedSequences.delete(key);
  }

  async generations(): Promise<readonly string[]> {
    return [...new Set([...this.collections.keys(), ...this.checkpoints.keys()])].sort();
  }

  async actives(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.activeOf);
  }

  async renewLeases(holder: string, begins: boolean): Promise<number | undefined> {
    const before = this.heartbeats.get(holder) ?? (begins ? 0 : undefined);
    if (before === undefined) return undefined;
    this.heartbeats.set(holder, before + 1);
    return before + 1;
  }

  async endHeartbeat(holder: string, number?: number): Promise<boolean> {
    const stands = this.heartbeats.get(holder);
    return stands !== undefined && stands === (number ?? stands) && this.heartbeats.delete(holder);
  }

  async lease(lease: string, holder: string): Promise<Fence | undefined> {
    const held = this.heldLeases.get(lease);
    if (held?.holder === holder) return { lease, token: held.token };
    if (held?.holder !== undefined && this.heartbeats.has(held.holder)) return undefined;
    const token = (held?.token ?? 0) + 1;
    this.heldLeases.set(lease, { holder, token });
    return { lease, token };
  }

  async release(lease: string, holder: string): Promise<void> {
    const held = this.heldLeases.get(lease);
    if (held?.holder === holder) this.heldLeases.set(lease, { holder: undefined, token: held.token });
  }

  async leases() {
    const answer = new Map<string, { holder: string; heartbeat: number }>();
    for (const [lease, { holder }] of this.heldLeases) {
      const heartbeat = holder === undefined ? undefined : this.heartbeats.get(holder);
      if (holder !== undefined && heartbeat !== undefined) answer.set(lease, { holder, heartbeat });
    }
    return answer;
  }

  /** Columns are computed from the document when it is written, and nobody else can write them. */
  async differingColumns(): Promise<readonly string[]> {
    return [];
  }

  availability() {
    return { state: 'available' } as const;
  }

  async close(): Promise<void> {}

  private refuseDropped(generation: string): void {
    if (this.dropped.has(generation)) throw generationDropped(generation);
  }

  private rowsToWrite(collection: Collection): Map<string, DocumentRow> {
    const signature = signatureOf(collection);
    const known = this.collections.get(collection.name) ?? { signature, rows: new Map(), orders: new Map() };
    if (known.signature !== signature) throw columnsChanged(collection);
    this.collections.set(collection.name, known);
    known.orders.clear();
    return known.rows;
  }

  /** Sorted once until something is written: a cut that is asked for page after page does not change any more. */
  private rowsInOrder({ name }: Collection, order: FindPlan['order']): readonly DocumentRow[] {
    const known = this.collections.get(name);
    if (!known) return [];
    const key = JSON.stringify(order.map(({ column, descending }) => [column, descending]));
    let sorted = known.orders.get(key);
    if (!sorted) known.orders.set(key, (sorted = [...known.rows.values()].sort(comparisonOf(order))));
    return sorted;
  }

  private matching({ name }: Collection, clause: Clause): DocumentRow[] {
    return [...(this.collections.get(name)?.rows.values() ?? [])].filter((row) =>
      matchesClause(clause, (column) => columnValueOf(row, column)),
    );
  }
}

const documentOf = ({ id, position, json }: DocumentRow): Document => ({ id, position, doc: JSON.parse(json) });
const columnValueOf = (row: DocumentRow, column: string): ColumnValue =>
  column === 'id' ? row.id : row.values[column]!;
const valueOf = (row: DocumentRow, column: string): Scalar => columnValueOf(row, column) as Scalar;

const comparisonOf =
  (order: FindPlan['order']) =>
  (a: DocumentRow, b: DocumentRow): number => {
    for (const { column, descending } of order) {
      const compared = compareScalars(valueOf(a, column), valueOf(b, column));
      if (compared !== 0) return descending ? -compared : compared;
    }
    return 0;
  };
/** The place of the first row behind one with these values. */
const firstBehind = (rows: readonly DocumentRow[], order: FindPlan['order'], after: readonly Scalar[]): number => {
  const isBehind = (row: DocumentRow): boolean => {
    for (const [index, { column, descending }] of order.entries()) {
      const compared = compareScalars(valueOf(row, column), after[index]!);
      if (compared !== 0) return descending ? compared < 0 : compared > 0;
    }
    return false;
  };
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(rows[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const bucketOf = (value: Scalar, edges: readonly string[]): Scalar => {
  if (value === null) return null;
  const next = edges.findIndex((edge) => compareScalars(value, edge) < 0);
  return next > 0 ? edges[next - 1]! : null;
};

const measureOf = (rows: readonly DocumentRow[], { kind, column }: PlannedMeasure): number | string | null => {
  if (kind === 'count') return rows.length;
  const values = rows.map((row) => valueOf(row, column)).filter((value) => value !== null);
  if (kind === 'sum' || kind === 'high' || kind === 'low') {
    const part = (value: number): number => {
      const high = Math.floor(value / HALF);
      return kind === 'sum' ? value : kind === 'high' ? high : value - high * HALF;
    };
    return values.reduce<number>((sum, value) => sum + part(Number(value)), 0);
  }
  const sign = kind === 'min' ? 1 : -1;
  return values.reduce<Scalar>(
    (best, value) => (best === null || sign * compareScalars(value, best) < 0 ? value : best),
    null,
  ) as number | string | null;
};
