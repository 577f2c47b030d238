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
import { columnsChanged, columnValuesOf, compareScalars, signatureOf, type ColumnValue } from './columns';
import { DocumentPacker, shapesInMemory } from './packing';
import { positionOf, storedPosition } from './sql';
import type { SqliteValue } from '../sqlite';
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

/** A column is told apart by so many texts that are kept once for all documents: stages, sources, owners. */
const MAX_TEXTS = 1_000;
/** What a document takes beside its texts, and a text beside its characters. */
const [ROW_BYTES, TEXT_BYTES] = [160, 20];
const bytesOfText = (text: string): number => TEXT_BYTES + text.length * (/[\u0100-\uffff]/.test(text) ? 2 : 1);

const textOf = (tokens: readonly string[]): string | null => (tokens.length > 0 ? JSON.stringify(tokens) : null);

/** The values of one column, by the places of their documents. As long as all are null it takes nothing. */
class MemoryColumn {
  private values: (Scalar | undefined)[] | undefined;
  /** Undefined when the column has too many texts. */
  private texts: Map<string, string> | undefined = new Map();

  constructor(private readonly ofTokens: boolean) {}

  set(place: number, value: ColumnValue): void {
    const kept = this.ofTokens ? textOf(value as readonly string[]) : this.once(value as Scalar);
    if (!this.values && kept === null) return;
    this.values ??= [];
    while (this.values.length < place) this.values.push(null);
    this.values[place] = kept;
  }

  get(place: number): ColumnValue {
    const value = this.values?.[place] ?? null;
    if (!this.ofTokens) return value;
    return value === null ? [] : (JSON.parse(value as string) as string[]);
  }

  get bytes(): number {
    const { values = [], texts } = this;
    let bytes = 12 * values.length; // a list that grows has room to spare
    for (const value of values) if (typeof value === 'string' && !texts) bytes += bytesOfText(value);
    for (const text of texts?.keys() ?? []) bytes += 3 * bytesOfText(text);
    return bytes;
  }

  private once(value: Scalar): Scalar {
    if (typeof value !== 'string' || !this.texts) return value;
    const known = this.texts.get(value);
    if (known !== undefined) return known;
    if (this.texts.size === MAX_TEXTS) this.texts = undefined;
    else this.texts.set(value, value);
    return value;
  }
}

/** A document that is to be written, packed: bytes as Latin-1, over which the collector of garbage passes quickly. */
interface PackedRow {
  readonly id: string;
  readonly position: string;
  readonly packed: string;
  /** Whether that is JSON text. */
  readonly isText: boolean;
  readonly values: Readonly<Record<string, ColumnValue>>;
}

/** The documents of one collection, each at a place: packed, without what columns hold. */
class MemoryCollection {
  private readonly places = new Map<string, number>();
  private readonly ids: (string | undefined)[] = [];
  private readonly positions: SqliteValue[] = [];
  private readonly packed: string[] = [];
  /** Places of documents that were removed. */
  private readonly free: number[] = [];
  /** Places of documents that are JSON text. */
  private readonly asText = new Set<number>();
  private readonly columns: ReadonlyMap<string, MemoryColumn>;
  private readonly packer: DocumentPacker;
  /** The places in the orders that were asked for. */
  private readonly orders = new Map<string, readonly number[]>();

  constructor(
    private readonly collection: Collection,
    readonly signature: string,
  ) {
    const columns = Object.entries(collection.columns);
    this.columns = new Map(columns.map(([column, type]) => [column, new MemoryColumn(type === 'tokens')]));
    this.packer = new DocumentPacker(collection, shapesInMemory());
  }

  get bytes(): number {
    let bytes = 8 * this.ids.length * this.orders.size;
    for (const text of this.packed) bytes += ROW_BYTES + bytesOfText(text);
    for (const id of this.places.keys()) bytes += bytesOfText(id);
    for (const column of this.columns.values()) bytes += column.bytes;
    return bytes;
  }

  /** @throws Refused `documents/wrong-type` */
  rowOf(document: Document): PackedRow {
    const { id, position, doc } = document;
    const values = columnValuesOf(this.collection, document);
    const packed = this.packer.pack(id, doc as object, values);
    const isText = typeof packed === 'string';
    return { id, position, isText, packed: isText ? packed : packed.toString('latin1'), values };
  }

  /** Keeps it unless the one that is kept is as new. */
  put({ id, position, packed, isText, values }: PackedRow): void {
    const known = this.places.get(id);
    if (known !== undefined && positionOf(this.positions[known]!) >= position) return;
    const place = known ?? this.free.pop() ?? this.ids.length;
    this.places.set(id, place);
    this.ids[place] = id;
    this.positions[place] = storedPosition(position);
    this.packed[place] = packed;
    if (isText) this.asText.add(place);
    else this.asText.delete(place);
    for (const [column, of] of this.columns) of.set(place, values[column]!);
    this.orders.clear();
  }

  /** The next new document takes its place. */
  remove(id: string): void {
    const place = this.places.get(id);
    if (place === undefined) return;
    this.places.delete(id);
    this.free.push(place);
    this.ids[place] = undefined;
    this.packed[place] = '';
    for (const [name, column] of this.columns)
      column.set(place, this.collection.columns[name] === 'tokens' ? [] : null);
    this.orders.clear();
  }

  document(id: string): Document | undefined {
    const place = this.places.get(id);
    return place === undefined ? undefined : this.documentAt(place);
  }

  documentAt(place: number): Document {
    const [id, packed] = [this.ids[place]!, this.packed[place]!];
    const columns = this.packer.columns.map((column) => this.columns.get(column)!.get(place));
    const doc = this.packer.unpack(id, this.asText.has(place) ? packed : Buffer.from(packed, 'latin1'), columns);
    return { id, position: positionOf(this.positions[place]!), doc };
  }

  value(place: number, column: string): ColumnValue {
    return column === 'id' ? this.ids[place]! : this.columns.get(column)!.get(place);
  }
  scalar(place: number, column: string): Scalar {
    return this.value(place, column) as Scalar;
  }

  matching(clause: Clause): number[] {
    return [...this.places.values()].filter((place) => matchesClause(clause, (column) => this.value(place, column)));
  }

  /** Sorted once until something is written: a cut that is asked for page after page does not change any more. */
  inOrder(order: FindPlan['order']): readonly number[] {
    const key = JSON.stringify(order.map(({ column, descending }) => [column, descending]));
    let sorted = this.orders.get(key);
    if (!sorted) this.orders.set(key, (sorted = [...this.places.values()].sort(comparisonOf(this, order))));
    return sorted;
  }
}

/** Documents of this process alone: for figures as of some instant, and for tests. They are packed. */
export class MemoryDocuments extends Documents {
  private readonly collections = new Map<string, MemoryCollection>();
  private readonly checkpoints = new Map<string, Checkpoint>();
  private readonly parkedSequences = new Map<string, ParkedSequence>();
  private readonly activeOf = new Map<string, string>();
  private readonly dropped = new Set<string>();
  private readonly heartbeats = new Map<string, number>();
  private readonly heldLeases = new Map<string, { holder: string | undefined; token: number }>();

  /** Bytes that the documents take. */
  get bytes(): number {
    return [...this.collections.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async prepare(collection: Collection): Promise<void> {
    this.refuseDropped(collection.name);
    this.toWrite(collection);
  }

  async getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    signatureOf(collection);
    const known = this.collections.get(collection.name);
    const found = new Map<string, Document>();
    for (const id of ids) {
      const document = known?.document(id);
      if (document) found.set(id, document);
    }
    return found;
  }

  async find(collection: Collection, find?: FindOptions): Promise<readonly Document[]> {
    const { order, matches, after, limit } = planFind(collection, find);
    const known = this.collections.get(collection.name);
    if (!known) return [];
    const places = known.inOrder(order);
    const found: number[] = [];
    for (
      let at = after ? firstBehind(known, places, order, after) : 0;
      at < places.length && found.length < limit;
      at++
    )
      if (matchesClause(matches, (column) => known.value(places[at]!, column))) found.push(places[at]!);
    return found.map((place) => known.documentAt(place));
  }

  async count(collection: Collection, where?: Where): Promise<number> {
    const clause = planWhere(collection, where);
    return this.collections.get(collection.name)?.matching(clause).length ?? 0;
  }

  async aggregate(collection: Collection, aggregate: Aggregation): Promise<readonly AggregateGroup[]> {
    const plan = planAggregate(collection, aggregate);
    const known = this.collections.get(collection.name);
    const groups = new Map<string, { keys: readonly Scalar[]; places: number[] }>();
    for (const place of known?.matching(plan.matches) ?? []) {
      const keys = plan.keys.map(({ column, edges }) => {
        const value = known!.scalar(place, column);
        return edges ? bucketOf(value, edges) : value;
      });
      const name = JSON.stringify(keys);
      const group = groups.get(name);
      if (group) group.places.push(place);
      else groups.set(name, { keys, places: [place] });
    }
    return sortedGroups(
      plan,
      Array.from(groups.values(), ({ keys, places }) => ({
        keys,
        values: Object.fromEntries(plan.measures.map((measure) => [measure.name, measureOf(known!, places, measure)])),
      })),
    );
  }

  async commit({ writes, follower, checkpoint, parked = [], unparked = [], fence }: Commit): Promise<void> {
    if ((this.heldLeases.get(fence.lease)?.token ?? 0) > fence.token) throw leaseLost(fence);
    this.refuseDropped(follower);
    if (writes) this.refuseDropped(writes.collection.name);
    if (writes) {
      const to = this.toWrite(writes.collection);
      const made = Array.from(writes.documents, (document) => to.rowOf(document)); // all or none
      for (const row of made) to.put(row);
      for (const id of writes.removed ?? []) to.remove(id);
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

  private toWrite(collection: Collection): MemoryCollection {
    const signature = signatureOf(collection);
    const known = this.collections.get(collection.name) ?? new MemoryCollection(collection, signature);
    if (known.signature !== signature) throw columnsChanged(collection);
    this.collections.set(collection.name, known);
    return known;
  }
}

const comparisonOf =
  (of: MemoryCollection, order: FindPlan['order']) =>
  (a: number, b: number): number => {
    for (const { column, descending } of order) {
      const compared = compareScalars(of.scalar(a, column), of.scalar(b, column));
      if (compared !== 0) return descending ? -compared : compared;
    }
    return 0;
  };
/** Where in an order the first document stands that is behind one with these values. */
const firstBehind = (
  of: MemoryCollection,
  places: readonly number[],
  order: FindPlan['order'],
  after: readonly Scalar[],
): number => {
  const isBehind = (place: number): boolean => {
    for (const [index, { column, descending }] of order.entries()) {
      const compared = compareScalars(of.scalar(place, column), after[index]!);
      if (compared !== 0) return descending ? compared < 0 : compared > 0;
    }
    return false;
  };
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(places[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const bucketOf = (value: Scalar, edges: readonly string[]): Scalar => {
  if (value === null) return null;
  const next = edges.findIndex((edge) => compareScalars(value, edge) < 0);
  return next > 0 ? edges[next - 1]! : null;
};

const measureOf = (
  of: MemoryCollection,
  places: readonly number[],
  { kind, column }: PlannedMeasure,
): number | string | null => {
  if (kind === 'count') return places.length;
  const values = places.map((place) => of.scalar(place, column)).filter((value) => value !== null);
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
