import { UnknownType, type Journal, type Page, type Recorded, type StoredEvent } from '@baton/kernel';
import { hashOf, type EventHash } from './digest';

/** A page of the log on its way to several followers: each event is decoded and opened at most once. */
export class DecodedPage {
  readonly events: readonly StoredEvent[];
  readonly position: string;
  readonly atTip: boolean;
  private readonly decoded: (Recorded | Error | undefined)[];
  private readonly hashes: (EventHash | undefined)[];
  private opened: Map<string, Recorded> | undefined;

  constructor(
    page: Page,
    private readonly journal: Journal,
  ) {
    this.events = page.events;
    this.position = page.position;
    this.atTip = page.atTip;
    this.decoded = new Array<Recorded | Error | undefined>(page.events.length);
    this.hashes = new Array<EventHash | undefined>(page.events.length);
  }

  /** The hash of an event's content, computed once for all followers. */
  hashAt(index: number): EventHash {
    return (this.hashes[index] ??= hashOf(this.events[index]!));
  }

  /** The event with its data upcast and checked, or why it cannot be read. */
  at(index: number): Recorded | Error {
    let event = this.decoded[index];
    if (event === undefined) {
      try {
        event = this.journal.decode(this.events[index]!);
      } catch (error) {
        event = error as Error;
      }
      this.decoded[index] = event;
    }
    return event;
  }

  /** The event with its personal fields in clear; needs `openAll` first. */
  openAt(index: number): Recorded | Error {
    const event = this.at(index);
    return event instanceof Error ? event : (this.opened?.get(event.id) ?? event);
  }

  /**
   * Decrypts every event of the page that has personal fields; one that cannot be opened is left to its folds.
   * @throws what the key store throws when it is away: no fault of any event
   */
  async openAll(): Promise<void> {
    if (this.opened) return;
    const opened = new Map<string, Recorded>();
    const sealed = this.events.flatMap((_, index) => {
      const event = this.at(index);
      return !(event instanceof Error) && '$personal' in event.data ? [{ event, index }] : [];
    });
    try {
      if (sealed.length > 0)
        for (const event of await this.journal.open(sealed.map(({ event }) => event))) opened.set(event.id, event);
    } catch (error) {
      if (!(error instanceof UnknownType)) throw error;
      // One altered ciphertext must not hold up the page: open each alone and let the bad one be parked.
      for (const { event, index } of sealed)
        try {
          opened.set(event.id, (await this.journal.open([event]))[0]!);
        } catch (alone) {
          if (!(alone instanceof UnknownType)) throw alone;
          this.decoded[index] = alone;
        }
    }
    this.opened = opened;
  }
}
