import { START, type EventLog, type Journal, type ParkedSequence, type Projection, type RawEvent } from '@baton/kernel';
import { DecodedPage } from './page';

/** The event at which the fold of a document failed. */
export interface FoldFailure {
  readonly event: RawEvent;
  readonly error: unknown;
}
/**
 * Wraps each fold from the start of the log, for metrics and traces: must call `work` once and return its result.
 * `work` calls `read` with the number of events of each page.
 */
export type AroundFold = <T>(
  kind: 'rebuild' | 'replay' | 'refold',
  readModel: string,
  work: (read: (events: number) => void) => Promise<T>,
) => Promise<T>;
export const withoutMetrics: AroundFold = (_kind, _readModel, work) => work(() => undefined);

export interface RefoldPlan {
  readonly log: Pick<EventLog, 'read' | 'readAll'>;
  readonly journal: Journal;
  readonly projection: Projection;
  /** Folds one event into a document and checks the result; undefined if it changes nothing. @throws what the fold throws */
  readonly step: (before: object | undefined, decoded: unknown, key: string) => object | undefined;
  /** `sequence eventId` of each discarded event. */
  readonly discarded: ReadonlySet<string>;
  /** Parked sequences: their events from the parked one on are skipped. */
  readonly parked: ReadonlyMap<string, ParkedSequence>;
  readonly upTo: string;
  readonly aroundFold?: AroundFold | undefined;
}
const PAGE = 5000;

/**
 * The keys of the documents that the events of a stream belong to, from a position on: the events that were skipped
 * while it was parked.
 * @returns the keys, or the first event that still cannot be read
 */
export const keysOfStream = async (
  { log, journal, projection, discarded, upTo }: RefoldPlan,
  stream: string,
  from: string,
): Promise<Set<string> | FoldFailure> => {
  const events = (await log.read(stream)).filter(
    ({ position, type, id }) =>
      position >= from &&
      position <= upTo &&
      (!projection.types || projection.types.includes(type)) &&
      !discarded.has(`stream:${stream} ${id}`),
  );
  const page = new DecodedPage({ events, position: upTo, atTip: true }, journal);
  const at = await page.viewFor(projection);
  const keys = new Set<string>();
  for (let index = 0; index < events.length; index++) {
    const decoded = at(index);
    try {
      if (decoded instanceof Error) throw decoded;
      for (const key of projection.keys(decoded as Parameters<Projection['keys']>[0])) keys.add(key);
    } catch (error) {
      return { event: events[index]!, error };
    }
  }
  return keys;
};

/**
 * Folds some documents again from the start of the log. Needed after parking, because folds run in log order and the
 * parked events come before others that have been folded since.
 * @returns the documents by key (none for a key that no event changes), and per key the event at which its fold failed
 */
export const refold = (plan: RefoldPlan, keys: ReadonlySet<string>): Promise<RefoldResult> =>
  (plan.aroundFold ?? withoutMetrics)('refold', plan.projection.name, (read) => refoldAll(plan, keys, read));

interface RefoldResult {
  readonly documents: Map<string, object>;
  readonly failures: Map<string, FoldFailure>;
}
const refoldAll = async (
  { log, journal, projection, step, discarded, parked, upTo }: RefoldPlan,
  keys: ReadonlySet<string>,
  read: (events: number) => void,
): Promise<RefoldResult> => {
  const documents = new Map<string, object>();
  const failures = new Map<string, FoldFailure>();
  const filter = projection.types ? { types: projection.types } : {};
  for (let after = START, done = keys.size === 0; !done;) {
    const page = await log.readAll(after, filter, PAGE);
    read(page.events.length);
    const decoded = new DecodedPage(page, journal);
    const at = await decoded.viewFor(projection);
    for (let index = 0; index < page.events.length; index++) {
      const event = page.events[index]!;
      if (event.position > upTo) break;
      const sequence = `stream:${event.stream}`;
      const waits = parked.get(sequence);
      if ((waits && waits.position <= event.position) || discarded.has(`${sequence} ${event.id}`)) continue;
      const readable = at(index);
      let touched: readonly string[];
      try {
        if (readable instanceof Error) throw readable;
        touched = projection.keys(readable as Parameters<Projection['keys']>[0]);
      } catch (error) {
        // It cannot be known which documents this event belongs to, so the fold of all of them stops here.
        return { documents: new Map(), failures: new Map([...keys].map((key) => [key, { event, error }])) };
      }
      for (const key of touched) {
        if (!keys.has(key) || failures.has(key) || discarded.has(`${key} ${event.id}`)) continue;
        try {
          const document = step(documents.get(key), readable, key);
          if (document) documents.set(key, document);
        } catch (error) {
          failures.set(key, { event, error });
          documents.delete(key);
        }
      }
    }
    done = page.atTip || page.position >= upTo;
    after = page.position;
  }
  return { documents, failures };
};
