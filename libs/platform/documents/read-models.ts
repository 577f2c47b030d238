import {
  codeOf,
  type Clock,
  Conflict,
  Refused,
  START,
  type Aggregation,
  type Collection,
  type Document,
  type Documents,
  type FindOptions,
  type AggregateGroup,
  type IndexEntry,
  type Instant,
  type Order,
  type Position,
  type Projection,
  type Where,
} from '@baton/kernel';
import { listOf, missingEntries, whereList, type EntryList } from './index-runs';
import { KeptLists } from './kept-lists';
import { blockIdsIn, blocksOf, joinDocument } from './long-lists';
import type { ColumnKeeper, ColumnsOf, PackedColumns } from './packed-columns';

/** The collection that holds one generation of a read model. */
export const collectionOf = (projection: Projection, generation: string): Collection => ({
  name: generation,
  columns: projection.columns,
  ...(projection.indexes && { indexes: projection.indexes }),
});

/** The collection that holds the states of the subjects of a read model whose history makes rows. */
export const statesOf = (generation: string): Collection => ({ name: `${generation}-states`, columns: {} });

/** The generation a read model starts with: `deals-v1`; rebuilds of the same version add `-2`, `-3` … */
export const firstGeneration = ({ name, version }: Pick<Projection, 'name' | 'version'>): string =>
  `${name}-v${version}`;

/** Does a generation hold this version of the read model? */
export const isGenerationOf = (projection: Pick<Projection, 'name' | 'version'>, generation: string): boolean => {
  const first = firstGeneration(projection);
  return (
    generation === first || (generation.startsWith(`${first}-`) && /^\d+$/.test(generation.slice(first.length + 1)))
  );
};

/** The lease of the process that rebuilds a read model; its checkpoint counts the events that the rebuild has read. */
export const rebuildLease = (readModel: string): string => `rebuild-${readModel}`;

/**
 * The generation that readers of a read model use, given the one in use.
 * @returns undefined while that is of another version: its documents may lack fields, or mean something else by them
 */
export const readableGeneration = (active: string | undefined, projection: Projection): string | undefined => {
  if (active === undefined) return firstGeneration(projection);
  return isGenerationOf(projection, active) ? active : undefined;
};

/** The same from the store. @throws Conflict `read/rebuilding` */
export const activeGeneration = async (documents: Documents, projection: Projection): Promise<string> => {
  const { name } = projection;
  const generation = readableGeneration(await documents.active(name), projection);
  if (generation !== undefined) return generation;
  const events = (await documents.checkpoint(rebuildLease(name)))?.count ?? 0;
  throw new Conflict(
    'read/rebuilding',
    `The read model ${name} is being rebuilt for this version of Baton (${events} events so far); try again later.`,
    name,
  );
};

/** Every document of a collection that matches, in pages of at most so many, ordered by the columns and id. */
export async function* pagesOf(
  documents: Documents,
  collection: Collection,
  { where = {}, orderBy = [] }: Pick<FindOptions, 'where' | 'orderBy'> = {},
  limit = 1000,
): AsyncIterable<readonly Document[]> {
  let after: FindOptions['after'];
  for (;;) {
    const page = await documents.find(collection, { where, orderBy, limit, ...(after && { after }) });
    if (page.length === 0) return;
    yield page;
    if (page.length < limit) return;
    const last = page[page.length - 1]!;
    after = { values: orderBy.map(({ column }) => last.doc[column] ?? null), id: last.id };
  }
}

/** A cut through the log: what had happened by an instant, and what we knew by an instant or a position. */
export interface AsOf {
  /** Events that occurred later are left out. */
  readonly happenedBy?: Instant;
  /** Events that were recorded later are left out. */
  readonly knownBy?: Instant;
  /** Events that stand later in the log are left out. */
  readonly knownAt?: Position;
  /** The instant for which the cut is judged, where it is made by a position alone: that of its last event. */
  readonly now?: Instant;
}

/** The reference instant of a query: that of its as-of point, or now. */
export const referenceInstantOf = (cut: AsOf | null | undefined, clock: Clock): Instant =>
  cut?.happenedBy ?? cut?.knownBy ?? cut?.now ?? clock.now();

/** How far read models are. */
export interface ReadModelProgress {
  readonly position: Position;
  readonly complete: boolean;
}

/** So often a list is looked at whose rows become a block meanwhile, and what is rebuilt meanwhile. */
const MAX_READ_ATTEMPTS = 5;
/** Blocks of long lists that one call of the store reads. */
const BLOCKS_PER_READ = 1000;

/** Reads read models: the generation that is active, whatever is being rebuilt beside it. */
export class ReadModels {
  private lists: KeptLists | undefined;

  /**
   * @param history gives the read models as they were at a cut
   * @param registered the names of those that are folded; without it whatever is asked for is taken to be
   * @param keepColumns keeps packed columns between questions; without it they are packed for each
   */
  constructor(
    readonly documents: Documents,
    private readonly history?: (cut: AsOf) => ReadModels,
    private readonly registered?: ReadonlySet<string>,
    private readonly keepColumns?: ColumnKeeper,
  ) {}

  /** The read models as they stood at a cut, folded anew from the log; these ones where no cut is asked for. */
  asOf(cut: AsOf | null | undefined): ReadModels {
    if (!cut || (!cut.happenedBy && !cut.knownBy && !cut.knownAt)) return this;
    if (!this.history)
      throw new Refused(
        'read/no-history',
        'These read models already answer as of a past point; leave asOf out.',
        'asOf',
      );
    return this.history(cut);
  }

  /**
   * Where the active generation of a read model is kept.
   * @throws Error for one that no context registers: nobody folds it, and it would answer that there is nothing
   * @throws Conflict `read/rebuilding` until the generation of this version is complete
   */
  async collection(projection: Projection): Promise<Collection> {
    if (this.registered && !this.registered.has(projection.name))
      throw new Error(`The read model ${projection.name} is not registered; list it in the module of its context.`);
    return collectionOf(projection, await activeGeneration(this.documents, projection));
  }

  async get<D>(projection: Projection<D>, id: string): Promise<D | undefined> {
    return (await this.getMany(projection, [id])).get(id);
  }

  async getMany<D>(projection: Projection<D>, ids: readonly string[]): Promise<ReadonlyMap<string, D>> {
    const found = await this.read(projection, async (of) =>
      this.withLists(projection, of, [...(await this.documents.getMany(of, ids)).values()]),
    );
    return new Map(found.map(({ id, doc }) => [id, doc as D]));
  }

  async find<D>(
    projection: Projection<D>,
    find: FindOptions = {},
  ): Promise<{ id: string; doc: D; position: Position }[]> {
    // Lists are joined in whole documents.
    const asked = projection.longLists ? { ...find, fields: undefined } : find;
    const found = await this.read(projection, async (of) =>
      this.withLists(projection, of, await this.documents.find(of, asked)),
    );
    return [...found];
  }

  /** The whole list of one key of an index, in log order; [] for none. @throws as `list` */
  async entries<E>(projection: Projection<E>, key: string): Promise<readonly E[]> {
    return (await this.list(projection, key)).toArray();
  }

  /**
   * The same, of which fields are unpacked as they are asked for. It is kept between questions, and its `origin` stays the
   * same object as long as it is, so what is made of a list can be kept by that. What a store shows of it while it turns
   * rows into a block is looked at again.
   * @throws Conflict `read/documents-differ` where entries are missing
   */
  async list<E>(projection: Projection<E>, key: string): Promise<EntryList<E>> {
    const lists = (this.lists ??= new KeptLists(this.documents));
    const kept = await lists.read(await this.collection(projection), key);
    if (kept) return kept as unknown as EntryList<E>;
    for (let look = 1; ; look++) {
      const collection = await this.collection(projection);
      const runs = await this.untilWhole(async () => {
        const found: Document[] = [];
        for await (const page of this.pages(projection, whereList(key))) found.push(...page);
        return found;
      });
      const list = listOf<IndexEntry>(runs);
      if (list) {
        lists.keep(collection, key, list, runs);
        return list as unknown as EntryList<E>;
      }
      if (look === MAX_READ_ATTEMPTS) throw missingEntries(await this.collection(projection), key);
    }
  }

  async count(projection: Projection, where?: Where): Promise<number> {
    return this.read(projection, (of) => this.documents.count(of, where));
  }

  async aggregate(projection: Projection, aggregate: Aggregation): Promise<readonly AggregateGroup[]> {
    return this.read(projection, (of) => this.documents.aggregate(of, aggregate), true);
  }

  /**
   * Up to where all of these read models show the log, and whether they lack nothing of it until there: no event of theirs
   * waits because it could not be handled.
   */
  async progress(projections: readonly Projection[]): Promise<ReadModelProgress> {
    const generations = await Promise.all(projections.map(async (one) => (await this.collection(one)).name));
    const [checkpoints, parked] = await Promise.all([
      Promise.all(generations.map((name) => this.documents.checkpoint(name))),
      this.documents.parked(),
    ]);
    const position = checkpoints
      .map((one) => one?.position ?? START)
      .reduce((least, one) => (one < least ? one : least));
    return { position, complete: !parked.some(({ follower }) => generations.includes(follower)) };
  }

  /** The packed columns of a read model, with every document that it shows now. Read them before you wait for anything. */
  async columns<D, C extends PackedColumns<D>>(declared: ColumnsOf<D, C>): Promise<C> {
    if (this.keepColumns) return this.keepColumns(declared);
    return this.untilWhole(async () => {
      const columns = declared.empty();
      for await (const page of this.pages(declared.of, declared.where))
        for (const { id, doc } of page) columns.put(id, doc);
      return columns;
    });
  }

  /**
   * Every document that matches, in pages, ordered by the columns and id: for figures that combine documents.
   * @throws Conflict `read/rebuilt` at the end, when the read model was rebuilt meanwhile: what was read may lack documents
   */
  async *pages<D>(projection: Projection<D>, where: Where = {}, orderBy: readonly Order[] = [], limit = 1000) {
    const collection = await this.collection(projection); // one generation for the whole walk
    for await (const page of pagesOf(this.documents, collection, { where, orderBy }, limit))
      yield (await this.withLists(projection, collection, page)) as readonly {
        id: string;
        doc: D;
        position: Position;
      }[];
    if ((await this.collection(projection)).name !== collection.name) throw rebuilt(projection);
  }

  /**
   * The documents with their long lists. One whose blocks are gone has changed meanwhile, and is read again.
   * @throws Conflict `read/rebuilt` where the read model was rebuilt meanwhile; `read/documents-differ` where a block is
   *   missing
   */
  private async withLists(
    projection: Projection,
    of: Collection,
    found: readonly Document[],
  ): Promise<readonly Document[]> {
    if (!projection.longLists) return found;
    const whole = new Map<string, Document>();
    for (let waiting = found, look = 1; waiting.length > 0; look++) {
      const wanted = waiting.flatMap((document) => blockIdsIn(projection, document));
      const blocks = await this.blocks(of, wanted);
      const again: string[] = [];
      for (const document of waiting) {
        const doc = joinDocument(projection, document, blocks);
        if (doc) whole.set(document.id, { ...document, doc });
        else again.push(document.id);
      }
      if (again.length === 0) break;
      waiting = [...(await this.documents.getMany(of, again)).values()];
      if (look < MAX_READ_ATTEMPTS && waiting.length === again.length) continue;
      if ((await this.collection(projection)).name !== of.name) throw rebuilt(projection);
      throw missingEntries(of, again[0]!);
    }
    return found.map(({ id }) => whole.get(id)!);
  }

  private async blocks(of: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    if (ids.length <= BLOCKS_PER_READ)
      return ids.length === 0 ? new Map() : this.documents.getMany(blocksOf(of.name), ids);
    const found = new Map<string, Document>();
    for (let from = 0; from < ids.length; from += BLOCKS_PER_READ)
      for (const [id, block] of await this.blocks(of, ids.slice(from, from + BLOCKS_PER_READ))) found.set(id, block);
    return found;
  }

  /** Walks pages again when the read model was rebuilt meanwhile. */
  private async untilWhole<A>(walk: () => Promise<A>): Promise<A> {
    for (let attempt = 1; ; attempt++)
      try {
        return await walk();
      } catch (error) {
        if (codeOf(error) !== 'read/rebuilt' || attempt === MAX_READ_ATTEMPTS) throw error;
      }
  }

  /**
   * Reads the generation in use. After a rebuild the one before is dropped and reads as empty, so an empty answer stands
   * only while its generation is still the one in use.
   * @param mayHide whether an answer does not show that it is empty
   */
  private async read<A extends Answer>(
    projection: Projection,
    act: (of: Collection) => Promise<A>,
    mayHide = false,
  ): Promise<A> {
    const of = await this.collection(projection);
    const answer = await act(of).catch((error: unknown) => {
      if (codeOf(error) !== 'read/rebuilt') throw error;
      return undefined;
    });
    if (answer === undefined) return this.read(projection, act, mayHide);
    if (sizeOf(answer) > 0 && !mayHide) return answer;
    return (await this.collection(projection)).name === of.name ? answer : this.read(projection, act, mayHide);
  }
}

const rebuilt = ({ name }: Projection): Conflict =>
  new Conflict('read/rebuilt', `The read model ${name} was rebuilt while it was read; ask again.`, name);

/** What a store answers. */
type Answer = number | ReadonlyMap<string, unknown> | readonly unknown[];
const sizeOf = (answer: Answer): number => {
  if (typeof answer === 'number') return answer;
  return 'size' in answer ? answer.size : answer.length;
};
