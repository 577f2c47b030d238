import {
  START,
  type EventLog,
  type Fence,
  type Instant,
  type Journal,
  type Page,
  type Projection,
  type RawEvent,
} from '@baton/kernel';
import type { AsOf } from '../documents';
import { decisionTypes } from './decisions';
import { Fold } from './fold';
import { readAhead } from './group';
import { DecodedPage } from './page';
import type { ParkedSequenceStores } from './parked-sequences';
import { withoutMetrics, type AroundFold } from './refold';

const isKnownLater = ({ recordedAt, position }: RawEvent, { knownBy, knownAt }: AsOf): boolean =>
  (knownBy !== undefined && recordedAt > knownBy) || (knownAt !== undefined && position > knownAt);

/** Had a stream begun by an instant? */
type HasBegun = (stream: string, by: Instant) => boolean;

/** The part of a page before a cut; `atTip` when the cut lies within it. */
const pageBeforeCut = (page: Page, cut: AsOf, hasBegun: HasBegun): Page => {
  const end = page.events.findIndex((event) => isKnownLater(event, cut));
  const known = end < 0 ? page.events : page.events.slice(0, end);
  const { happenedBy } = cut;
  const events =
    happenedBy === undefined
      ? known
      : known.filter(({ meta, stream }) => meta.occurredAt <= happenedBy && hasBegun(stream, happenedBy));
  return { events, position: page.position, atTip: page.atTip || end >= 0 };
};

interface ReplayStores extends ParkedSequenceStores {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly aroundFold?: AroundFold | undefined;
  /** Needed for a cut by what had happened. */
  readonly hasBegun?: HasBegun;
}

/**
 * Folds the log from its beginning to its end into a generation of its own. Same log, same projection, same bytes,
 * whatever the page size.
 * @param cut leave out what happened or was known later
 * @param onProgress called after each page with the events read so far
 * @returns how many events were read
 */
export const replay = (
  { log, journal, documents, aroundFold = withoutMetrics, onParked, hasBegun = () => true }: ReplayStores,
  projection: Projection,
  generation: string,
  fence: () => Fence,
  { pageSize = 5000, onProgress, cut }: { pageSize?: number; onProgress?: (events: number) => void; cut?: AsOf } = {},
): Promise<number> =>
  aroundFold(cut ? 'replay' : 'rebuild', projection.name, async (onEvents) => {
    // What is read again where somebody decided about a parked sequence is cut alike.
    const past = {
      read: (stream: string) => log.read(stream),
      readAll: async (...asked: Parameters<EventLog['readAll']>) =>
        pageBeforeCut(await log.readAll(...asked), cut ?? {}, hasBegun),
    };
    const stores = { log: past, journal, documents, aroundFold, onParked };
    // What is folded for a cut is kept by nobody, so nobody asks what it has seen.
    const fold = await Fold.open(stores, projection, generation, fence, {
      saving: 'rebuild',
      counts: cut === undefined,
    });
    const leaving = new AbortController();
    const options = { signal: leaving.signal, limit: pageSize };
    let events = 0;
    const filter = projection.types ? { types: [...projection.types, ...decisionTypes] } : {};
    for await (const read of readAhead(log.follow(START, filter, options))) {
      const page = pageBeforeCut(read, cut ?? {}, hasBegun);
      await fold.take(new DecodedPage(page, journal));
      events += page.events.length;
      onEvents(page.events.length);
      onProgress?.(events);
      if (page.atTip) break;
    }
    leaving.abort();
    await fold.flush();
    return events;
  });
