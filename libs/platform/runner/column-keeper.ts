import { getHeapStatistics } from 'node:v8';
import {
  rowIdsOf,
  type Checkpoint,
  type Documents,
  type EventLog,
  type Journal,
  type Position,
  type Projection,
} from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { firstGeneration, ReadModels, type ColumnKeeper, type ColumnsOf, type PackedColumns } from '../documents';
import { decisionTypes, parkingDecisionOf } from './decisions';

/** How many bytes of columns a process keeps between questions: at most half of its heap, as a question takes its own. */
const KEPT_BYTES = Math.min(256 * 2 ** 20, getHeapStatistics().heap_size_limit / 2);
/** Events since the last question, beyond which reading all documents is cheaper than finding those that changed. */
const MAX_EVENTS = 50_000;
const EVENTS_PER_PAGE = 5_000;
/** Documents that one call of the store reads. */
const DOCUMENTS_PER_READ = 1_000;

interface KeptColumns {
  readonly columns: PackedColumns<never>;
  readonly generation: string;
  /** What the columns hold: every document as of this checkpoint or later. */
  readonly checkpoint: Checkpoint | undefined;
}

interface KeeperOptions {
  readonly documents: Documents;
  readonly log: Pick<EventLog, 'readAll'>;
  readonly journal: Pick<Journal, 'decode'>;
  readonly keptBytes?: number;
  readonly maxEvents?: number;
}

/**
 * Keeps the packed columns of read models between questions. Before each question the documents that changed are put
 * again: the events between the checkpoint of the columns and that of the read model name them. A new generation, many
 * events, or a log that does not answer: all documents are read again. Columns that were not asked for longest go first
 * when they take too many bytes.
 */
export const columnKeeper = ({
  documents,
  log,
  journal,
  keptBytes = KEPT_BYTES,
  maxEvents = MAX_EVENTS,
}: KeeperOptions): ColumnKeeper => {
  const kept = new LRUCache<object, KeptColumns>({
    maxSize: keptBytes,
    sizeCalculation: ({ columns }) => Math.max(1, columns.bytes),
  });
  const models = new ReadModels(documents);
  /** Questions about the same columns wait for each other, so that one of them reads for all. */
  const turns = new Map<object, Promise<unknown>>();

  const pack = async <D, C extends PackedColumns<D>>(
    declared: ColumnsOf<D, C>,
    generation: string,
    checkpoint: Checkpoint | undefined,
  ): Promise<KeptColumns> => ({ columns: await models.columns(declared), generation, checkpoint });

  /** The ids of the documents that events after one checkpoint changed, up to another; undefined if there are many. */
  const changedBetween = async (
    of: Projection,
    after: Position,
    upTo: Position,
  ): Promise<ReadonlySet<string> | undefined> => {
    const { types, keys } = of;
    const followerId = firstGeneration(of);
    const changed = new Set<string>();
    const filter = types ? { types: [...types, ...decisionTypes] } : {};
    let seen = 0;
    for (let from = after; from < upTo;) {
      const page = await log.readAll(from, filter, EVENTS_PER_PAGE);
      seen += page.events.length;
      if (seen > maxEvents) return undefined;
      for (const event of page.events) {
        if (event.position > upTo) return changed;
        // A sequence that is retried changes its document, whatever its events are.
        const decision = parkingDecisionOf(event, followerId);
        if (decision) changed.add(decision.sequence);
        else if (!types || types.includes(event.type)) for (const key of keys(journal.decode(event))) changed.add(key);
      }
      if (page.atTip) return changed;
      from = page.position;
    }
    return changed;
  };

  const putAll = async <D, C extends PackedColumns<D>>(
    { of }: ColumnsOf<D, C>,
    columns: C,
    changed: ReadonlySet<string>,
  ): Promise<void> => {
    const ids = [...changed];
    for (let from = 0; from < ids.length; from += DOCUMENTS_PER_READ)
      for (const [id, doc] of await models.getMany(of, ids.slice(from, from + DOCUMENTS_PER_READ)))
        columns.put(id, doc);
  };
  /** The events name subjects, whose rows are read again. */
  const putRows = async <D, C extends PackedColumns<D>>(
    { of }: ColumnsOf<D, C>,
    columns: C,
    subjects: ReadonlySet<string>,
  ): Promise<void> => {
    if (!columns.retain) throw new Error(`The columns of ${of.name} need retain: rows of a history may be dropped.`);
    for (const subject of subjects) {
      const ids = new Set<string>();
      for await (const page of models.pages(of, { id: rowIdsOf(subject) }))
        for (const { id, doc } of page) {
          columns.put(id, doc);
          ids.add(id);
        }
      columns.retain(subject, ids);
    }
  };

  const extend = async <D, C extends PackedColumns<D>>(declared: ColumnsOf<D, C>): Promise<C> => {
    const { of } = declared;
    const { name: generation } = await models.collection(of);
    // Before the documents: those written meanwhile are put again by the next question.
    const checkpoint = await documents.checkpoint(generation);
    let now = kept.get(declared);
    kept.delete(declared);
    if (now?.generation !== generation || !now.checkpoint || !checkpoint)
      now = await pack(declared, generation, checkpoint);
    else if (now.checkpoint.position !== checkpoint.position) {
      const { columns, checkpoint: before } = now;
      const changed = await changedBetween(of, before.position, checkpoint.position).catch(() => undefined);
      if (!changed) now = await pack(declared, generation, checkpoint);
      else {
        await (of.history ? putRows : putAll)(declared, columns as unknown as C, changed);
        now = { columns, generation, checkpoint };
      }
    }
    kept.set(declared, now);
    return now.columns as unknown as C;
  };

  return (declared) => {
    const turn = (turns.get(declared) ?? Promise.resolve()).then(
      () => extend(declared),
      () => extend(declared),
    );
    turns.set(declared, turn);
    const done = () => {
      if (turns.get(declared) === turn) turns.delete(declared);
    };
    turn.then(done, done);
    return turn;
  };
};
