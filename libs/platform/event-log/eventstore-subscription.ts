import { excludeSystemEvents, UnavailableError, type AllStreamResolvedEvent } from '@eventstore/db-client';
import type { EventFilter, Page, Position, RawEvent } from '@baton/kernel';
import { isSystem, logPositionOf, positionIn, positionOf, rawEventOf, type Client } from './eventstore-client';

/**
 * One subscription to the whole log as pages. Event types are filtered here and not by the server, because in the quiet
 * of a caught-up log the server would not tell how far it has looked.
 * @param quiet after so many milliseconds without a word the end of the log is asked for: a server may answer pings and
 *   yet have forgotten the subscription
 * @returns ends on abort; throws what ended the subscription once all that came before was handed out
 */
export async function* subscribedPages(
  client: Client,
  after: Position,
  { types }: EventFilter,
  limit: number,
  signal: AbortSignal,
  quiet: { readonly ms: number; readonly tip: () => Promise<Position> },
): AsyncIterable<Page> {
  const wanted = types && new Set(types);
  let events: RawEvent[] = [];
  let reached = after; // all up to here is in `events` or was handed out
  let caughtUp = false;
  let failure: Error | undefined;
  let wake = () => {};
  let over = false;

  const subscription = client.subscribeToAll({
    fromPosition: logPositionOf(after),
    filter: excludeSystemEvents({
      checkpointInterval: 32,
      checkpointReached: (_, position) => {
        // Events that were read but not yet emitted lie before this place: it counts only when there are none.
        if (subscription.readableLength > 0 || positionOf(position) <= reached) return;
        reached = positionOf(position);
        wake();
      },
    }),
  });
  subscription
    .on('data', ({ event }: AllStreamResolvedEvent) => {
      if (over || !event || positionIn(event) <= reached) return;
      reached = positionIn(event);
      if (!isSystem(event) && (!wanted || wanted.has(event.type))) events.push(rawEventOf(event));
      if (events.length >= 2 * limit) subscription.pause(); // a slow reader slows the server, not the memory
      wake();
    })
    .on('caughtUp', () => {
      caughtUp = true;
      wake();
    })
    .on('fellBehind', () => void (caughtUp = false))
    .on('end', () => {
      failure ??= new UnavailableError();
      wake();
    })
    .on('error', (error: Error) => {
      failure ??= error;
      wake();
    });
  let tip = after; // as it was when last asked for
  const watch = setInterval(() => {
    if (events.length > 0 || subscription.readableLength > 0 || subscription.isPaused()) return;
    if (tip > reached) {
      // It had this long to tell.
      failure ??= new UnavailableError();
      return wake();
    }
    quiet.tip().then(
      (now) => (tip = now),
      () => undefined, // nothing answers: the pings find that out
    );
  }, quiet.ms);
  const end = () => {
    over = true;
    clearInterval(watch);
    // The error listener stays: a late error of a subscription that nobody reads must not end the process. What was
    // under way flows out: the driver cannot let go of a stream that is not read to its end.
    void subscription.unsubscribe().catch(() => undefined);
    subscription.resume();
  };
  // At once, also where the reader of the pages never comes back for another.
  const onAbort = () => {
    end();
    wake();
  };
  signal.addEventListener('abort', onAbort);

  let handedOut = after;
  let toldTip = false;
  try {
    for (;;) {
      if (signal.aborted) return;
      const rest = events.splice(limit);
      const page = events;
      events = rest;
      const complete = rest.length === 0;
      const atTip = caughtUp && complete && subscription.readableLength === 0;
      const position = complete ? reached : page.at(-1)!.position;
      if (position > handedOut || (atTip && !toldTip)) {
        handedOut = position;
        toldTip ||= atTip;
        yield { events: page, position, atTip };
        if (!over && subscription.isPaused() && events.length < limit) subscription.resume();
        continue;
      }
      if (failure) throw failure;
      await new Promise<void>((resolve) => (wake = resolve));
      // Whatever arrives in the same turn joins the page.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!over) end();
  }
}
