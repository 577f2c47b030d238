import {
  ERASURE,
  fromMs,
  isTransient,
  START,
  toMs,
  type Aggregation,
  type Clock,
  type EventLog,
  type FindOptions,
  type Instant,
  type Journal,
  type Order,
  type Position,
  type Projection,
  type Where,
} from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { boundByHeap } from '../caches';
import {
  firstGeneration,
  MemoryDocuments,
  ReadModels,
  type AsOf,
  type ColumnsOf,
  type PackedColumns,
  type ReadModelProgress,
} from '../documents';
import type { AroundFold } from './refold';
import { StreamStarts } from './stream-starts';
import { replay } from './replay';

/** A fold in memory has no competing writer. */
const HISTORY_FENCE = { lease: 'history', token: 0 };

/** Read models as of one cut of the log: each is folded in memory when it is first read. */
class FoldedReadModels extends ReadModels {
  private readonly folded = new Map<string, Promise<unknown>>();
  /** By their declaration: a cut does not change any more. */
  private readonly packed = new Map<object, PackedColumns<never>>();

  constructor(
    private readonly log: EventLog,
    private readonly journal: Journal,
    private readonly cut: AsOf,
    private readonly streamStarts: StreamStarts,
    private readonly aroundFold: AroundFold | undefined,
    private readonly onGrown: () => void,
    private readonly memory = new MemoryDocuments(),
  ) {
    super(memory);
  }

  /** An upper estimate of the memory it takes. */
  get bytes(): number {
    let columns = 0;
    for (const { bytes } of this.packed.values()) columns += bytes;
    return 1000 + this.memory.bytes + columns;
  }

  override async columns<D, C extends PackedColumns<D>>(declared: ColumnsOf<D, C>): Promise<C> {
    const known = this.packed.get(declared) as C | undefined;
    if (known) return known;
    const columns = await super.columns(declared);
    this.packed.set(declared, columns);
    this.onGrown();
    return columns;
  }

  override async progress(projections: readonly Projection[]): Promise<ReadModelProgress> {
    const progress = await super.progress(projections);
    return { ...progress, position: this.cut.knownAt ?? progress.position };
  }

  override async collection(projection: Projection) {
    let folding = this.folded.get(projection.name);
    if (!folding) {
      folding = this.fold(projection);
      this.folded.set(projection.name, folding);
      folding.catch(() => this.folded.delete(projection.name)); // a later query tries again
    }
    await folding;
    return super.collection(projection);
  }

  private async fold(projection: Projection): Promise<void> {
    const { log, journal, documents, aroundFold, streamStarts } = this;
    if (this.cut.happenedBy) await streamStarts.catchUp();
    const hasBegun = (stream: string, by: Instant) => streamStarts.hasBegun(stream, by);
    await replay(
      { log, journal, documents, aroundFold, hasBegun },
      projection,
      firstGeneration(projection),
      () => HISTORY_FENCE,
      {
        cut: this.cut,
      },
    );
    this.onGrown();
  }
}

/** How many bytes of documents the cache of cuts may hold. */
const KEPT_BYTES = 96 * 2 ** 20;
/**
 * How far clocks of machines may differ: for so long after an instant an event may still be recorded at that instant.
 */
const CLOCK_TOLERANCE_MS = 60_000;

/** Read models at a requested cut. The cut is resolved to a position of the log when the first read model is read. */
class AsOfReadModels extends ReadModels {
  private foldedModels: Promise<ReadModels> | undefined;

  constructor(private readonly findCut: () => Promise<ReadModels>) {
    super(new MemoryDocuments());
  }

  override async collection(projection: Projection) {
    return (await this.models()).collection(projection);
  }
  override async getMany<D>(projection: Projection<D>, ids: readonly string[]) {
    return (await this.models()).getMany(projection, ids);
  }
  override async find<D>(projection: Projection<D>, find?: FindOptions) {
    return (await this.models()).find(projection, find);
  }
  override async count(projection: Projection, where?: Where) {
    return (await this.models()).count(projection, where);
  }
  override async aggregate(projection: Projection, aggregate: Aggregation) {
    return (await this.models()).aggregate(projection, aggregate);
  }
  override async *pages<D>(projection: Projection<D>, where?: Where, orderBy?: readonly Order[], limit?: number) {
    yield* (await this.models()).pages(projection, where, orderBy, limit);
  }

  override async progress(projections: readonly Projection[]) {
    return (await this.models()).progress(projections);
  }
  override async columns<D, C extends PackedColumns<D>>(declared: ColumnsOf<D, C>): Promise<C> {
    return (await this.models()).columns(declared);
  }

  /** One cut for all read models of an answer; after a failure the next call tries again. */
  private models(): Promise<ReadModels> {
    this.foldedModels ??= this.findCut().catch((error: unknown) => {
      this.foldedModels = undefined;
      throw error;
    });
    return this.foldedModels;
  }
}

interface HistoryOptions {
  readonly aroundFold?: AroundFold;
  readonly keptBytes?: number;
  readonly streamStarts?: StreamStarts;
}

/**
 * Answers queries with `asOf`: the same projections, folded over a part of the log. Recent cuts are cached, bounded in
 * bytes. What was known by an instant in the past, or up to a position of the log, never changes; any other cut is
 * resolved to the present end of the log and cached under that position.
 */
export const historyOf = (
  log: EventLog,
  journal: Journal,
  clock: Clock,
  { aroundFold, keptBytes = KEPT_BYTES, streamStarts = new StreamStarts(log) }: HistoryOptions = {},
): ((cut: AsOf) => ReadModels) => {
  const kept = boundByHeap(
    new LRUCache<string, FoldedReadModels>({ maxSize: keptBytes, sizeCalculation: ({ bytes }) => bytes }),
  );
  let erasuresSeen: Position = START;
  /** A cut folded before an erasure has what it removes: the tokens that a person is found by. */
  const forgetErased = async () => {
    try {
      const { events, position } = await log.readAll(erasuresSeen, { types: [ERASURE] }, 1000);
      if (events.length > 0) kept.clear();
      erasuresSeen = position;
    } catch (error) {
      if (!isTransient(error)) throw error; // without the log, a cut that is kept can still be read
    }
  };
  /** @throws Refused `log/not-a-position` */
  const endOf = async (knownAt: Position | undefined): Promise<Position> => {
    if (knownAt !== undefined && (await log.readAll(knownAt, {}, 1)).events.length > 0) return knownAt;
    return log.tip(); // also for a position that the log has not reached
  };
  return ({ happenedBy, knownBy, knownAt }) =>
    new AsOfReadModels(async () => {
      await forgetErased();
      const past = knownBy !== undefined && knownBy < fromMs(toMs(clock.now()) - CLOCK_TOLERANCE_MS);
      const end = past && !knownAt ? undefined : await endOf(knownAt || undefined);
      const cut: AsOf = {
        ...(happenedBy && { happenedBy }),
        ...(knownBy && { knownBy }),
        ...(end !== undefined && { knownAt: end }),
      };
      const key = JSON.stringify([cut.happenedBy, cut.knownBy, cut.knownAt]);
      const keep = (models: FoldedReadModels) => {
        kept.delete(key); // setting the same value again would keep its old size
        kept.set(key, models);
      };
      const known = kept.get(key);
      if (known) return known;
      const models: FoldedReadModels = new FoldedReadModels(log, journal, cut, streamStarts, aroundFold, () =>
        keep(models),
      );
      keep(models);
      return models;
    });
};
