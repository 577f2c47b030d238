import { excludeSystemEvents, UnavailableError, type AllStreamResolvedEvent } from '@eventstore/db-client';
import type { EventFilter, Page, Position, RawEvent } from '@baton/kernel';
import { isSystem, logPositionOf, positionIn, positionOf, rawEventOf, type Client } from './eventstore-client';

/** After how much silence a subscription's position is compared with the end of the log, and how to read that. */
interface SilenceCheck {
  readonly ms: number;
  readonly tip: () => Promise<Position>;
}

/**
 * One subscription to the whole log as pages. Event types are filtered here and not by the server, because a server
 * that filters does not report its position while the log is quiet.
 * @param silence guards against a server that answers pings but has lost the subscription
 * @returns ends on abort
 * @throws the error that ended the subscription, after the events that came before it were returned
 */
export async function* subscribedPages(
  client: Client,
  after: Position,
  { types }: EventFilter,
  limit: number,
  signal: AbortSignal,
  silence: SilenceCheck,
): AsyncIterable<Page> {
  const subscription = new LogSubscription(client, after, types && new Set(types), limit, silence);
  // At once, even if the reader never asks for another page.
  const onAbort = () => subscription.end();
  signal.addEventListener('abort', onAbort);
  let returnedTo = after;
  let reportedTip = false;
  try {
    while (!signal.aborted) {
      const page = subscription.takePage();
      if (page.position > returnedTo || (page.atTip && !reportedTip)) {
        returnedTo = page.position;
        reportedTip ||= page.atTip;
        yield page;
        subscription.resumeIfRoom();
      } else {
        subscription.throwIfFailed();
        await subscription.nextChange();
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    subscription.end();
  }
}

/** A subscription of the driver, with the events that it has delivered and no page has taken. */
class LogSubscription {
  private events: RawEvent[] = [];
  private caughtUp = false;
  private failure: Error | undefined;
  private ended = false;
  private wake = () => {};
  private readonly subscription: ReturnType<Client['subscribeToAll']>;
  private readonly silenceTimer: NodeJS.Timeout;
  /** The end of the log when it was last read. */
  private tip: Position;

  /**
   * @param reached everything up to here is in `events` or was taken
   * @param types undefined: all
   * @param limit of events in a page
   */
  constructor(
    client: Client,
    private reached: Position,
    private readonly types: ReadonlySet<string> | undefined,
    private readonly limit: number,
    private readonly silence: SilenceCheck,
  ) {
    this.tip = reached;
    this.subscription = client.subscribeToAll({
      fromPosition: logPositionOf(reached),
      filter: excludeSystemEvents({
        checkpointInterval: 32,
        checkpointReached: (_, position) => {
          // Events that the driver has read but not emitted lie before this position: it is valid only without any.
          if (this.subscription.readableLength > 0 || positionOf(position) <= this.reached) return;
          this.reached = positionOf(position);
          this.wake();
        },
      }),
    });
    this.subscription
      .on('data', (resolved) => this.receive(resolved))
      .on('caughtUp', () => {
        this.caughtUp = true;
        this.wake();
      })
      .on('fellBehind', () => void (this.caughtUp = false))
      .on('end', () => this.fail(new UnavailableError()))
      .on('error', (error: Error) => this.fail(error));
    this.silenceTimer = setInterval(() => this.checkSilence(), silence.ms);
  }

  /** Takes the events that have arrived, up to `limit`; an empty page if there are none. */
  takePage(): Page {
    const page = this.events.splice(0, this.limit);
    const complete = this.events.length === 0;
    const atTip = this.caughtUp && complete && this.subscription.readableLength === 0;
    return { events: page, position: complete ? this.reached : page.at(-1)!.position, atTip };
  }

  /** Resolves after the next event, checkpoint, failure or end, and what arrives in the same turn of the event loop. */
  async nextChange(): Promise<void> {
    await new Promise<void>((resolve) => (this.wake = resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  throwIfFailed(): void {
    if (this.failure) throw this.failure;
  }

  resumeIfRoom(): void {
    if (!this.ended && this.subscription.isPaused() && this.events.length < this.limit) this.subscription.resume();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.silenceTimer);
    // The error listener stays: an error that comes later must not end the process. The stream is read to its end,
    // because the driver does not release one that is not.
    void this.subscription.unsubscribe().catch(() => undefined);
    this.subscription.resume();
    this.wake();
  }

  private receive({ event }: AllStreamResolvedEvent): void {
    if (this.ended || !event || positionIn(event) <= this.reached) return;
    this.reached = positionIn(event);
    if (!isSystem(event) && (!this.types || this.types.has(event.type))) this.events.push(rawEventOf(event));
    if (this.events.length >= 2 * this.limit) this.subscription.pause(); // a slow reader must not fill the memory
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private checkSilence(): void {
    if (this.events.length > 0 || this.subscription.readableLength > 0 || this.subscription.isPaused()) return;
    // The subscription had a whole interval to deliver up to the tip read at its start.
    if (this.tip > this.reached) return this.fail(new UnavailableError());
    this.silence.tip().then(
      (tip) => (this.tip = tip),
      () => undefined, // no answer: the pings of the driver detect that
    );
  }
}
