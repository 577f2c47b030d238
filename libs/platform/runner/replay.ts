import {
  START,
  type EventLog,
  type Instant,
  type Journal,
  type Page,
  type Position,
  type Projection,
  type RawEvent,
} from '@baton/kernel';
import type { AsOf } from '../documents';
import { decisionTypes } from './decisions';
import { readAhead } from './group';
import type { RebuildLimits } from './fold';
import type { HeldFence } from './leases';
import { openGeneration } from './opening';
import { DecodedPage } from './page';
import type { ParkedSequenceStores } from './parked-sequences';
import { withoutMetrics, type AroundFold } from './refold';

const isKnownLater = ({ recordedAt, position }: RawEvent, { knownBy, knownAt }: AsOf): boolean =>
  (knownBy !== undefined && recordedAt > knownBy) || (knownAt !== undefined && position > knownAt);

/** Whether a stream had begun by an instant. */
type HasBegun = (stream: string, by: Instant) => boolean;

/** The events of a page behind a position that belong to a cut; `atTip` if the page goes beyond the cut. */
const pageBeforeCut = (page: Page, after: Position, cut: AsOf, hasBegun: HasBegun): Page => {
  const end = page.events.findIndex((event) => isKnownLater(event, cut));
  const known = end < 0 ? page.events : page.events.slice(0, end);
  const { happenedBy } = cut;
  const events =
    happenedBy === undefined
      ? known
      : known.filter(({ meta, stream }) => meta.occurredAt <= happenedBy && hasBegun(stream, happenedBy));
  const position = end < 0 ? page.position : (known.at(-1)?.position ?? after);
  return { events, position, atTip: page.atTip || end >= 0 };
};

interface ReplayStores extends ParkedSequenceStores {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly aroundFold?: AroundFold | undefined;
  readonly rebuildLimits?: RebuildLimits;
  /** Required for a cut with `happenedBy`. */
  readonly hasBegun?: HasBegun;
}

/**
 * Folds the whole log into a generation. The same log and projection give the same bytes, in any page size.
 * @param cut leaves out events that happened or were known later
 * @param onProgress called after each page with the events read so far; awaited
 * @returns how many events were read
 */
export const replay = (
  {
    log,
    journal,
    documents,
    aroundFold = withoutMetrics,
    onParked,
    rebuildLimits,
    hasBegun = () => true,
  }: ReplayStores,
  projection: Projection,
  generation: string,
  fence: HeldFence,
  {
    pageSize = 5000,
    onProgress,
    cut,
  }: { pageSize?: number; onProgress?: (events: number) => unknown; cut?: AsOf } = {},
): Promise<number> =>
  aroundFold(cut ? 'replay' : 'rebuild', projection.name, async (onEvents) => {
    // A decision about a parked sequence reads the log again: those reads are cut in the same way.
    const past = {
      read: (stream: string) => log.read(stream),
      readAll: async (...args: Parameters<EventLog['readAll']>) =>
        pageBeforeCut(await log.readAll(...args), args[0], cut ?? {}, hasBegun),
    };
    const stores = { log: past, journal, documents, aroundFold, onParked, ...(rebuildLimits && { rebuildLimits }) };
    // The documents of a cut are not stored, so their checkpoint needs no digest.
    const fold = await openGeneration(stores, projection, generation, fence, {
      rebuilds: true,
      counts: cut === undefined,
    });
    const finished = new AbortController();
    const options = { signal: finished.signal, limit: pageSize };
    let events = 0;
    let position = START;
    const filter = projection.types ? { types: [...projection.types, ...decisionTypes] } : {};
    for await (const read of readAhead(log.follow(START, filter, options))) {
      const page = pageBeforeCut(read, position, cut ?? {}, hasBegun);
      position = page.position;
      await fold.take(new DecodedPage(page, journal));
      events += page.events.length;
      onEvents(page.events.length);
      await onProgress?.(events);
      if (page.atTip) break;
    }
    finished.abort();
    await fold.flush();
    return events;
  });
