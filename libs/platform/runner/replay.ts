import { START, type Documents, type EventLog, type Fence, type Journal, type Projection } from '@baton/kernel';
import { Fold } from './fold';
import { ahead } from './group';
import { DecodedPage } from './page';

/**
 * Folds the log from its beginning to its end into a generation of its own. Same log, same projection, same bytes,
 * whatever the page size.
 * @param onProgress called after each page with the events read so far
 * @returns how many events were read
 */
export const replay = async (
  { log, journal, documents }: { log: EventLog; journal: Journal; documents: Documents },
  projection: Projection,
  generation: string,
  fence: () => Fence,
  { pageSize = 5000, onProgress }: { pageSize?: number; onProgress?: (events: number) => void } = {},
): Promise<number> => {
  const fold = await Fold.open(documents, projection, generation, fence, { behind: true });
  const leaving = new AbortController();
  const options = { signal: leaving.signal, limit: pageSize };
  let events = 0;
  for await (const page of ahead(log.follow(START, projection.types ? { types: projection.types } : {}, options))) {
    await fold.take(new DecodedPage(page, journal));
    events += page.events.length;
    onProgress?.(events);
    if (page.atTip) break;
  }
  leaving.abort();
  await fold.flush();
  return events;
};
