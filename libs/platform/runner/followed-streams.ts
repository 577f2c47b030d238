import type { EventLog, Journal, Page, Position, StoredEvent, RawEvent } from '@baton/kernel';
import { LRUCache } from 'lru-cache';

const KEPT_BYTES = 64 * 2 ** 20;

/** An event that is decoded when it is first looked at. */
export class FollowedEvent {
  private decodedEvent: StoredEvent | undefined;
  /** About what it takes in memory, decoded too. */
  readonly bytes: number;

  constructor(
    readonly stored: RawEvent,
    private readonly journal: Journal,
  ) {
    this.bytes = 2 * bytesOf(stored);
  }

  /** @throws UnknownType as `Journal.decode` does */
  decoded(): StoredEvent {
    return (this.decodedEvent ??= this.journal.decode(this.stored));
  }
}

/**
 * Streams as far as the log was followed, for policies: each is read once at most, one that begins on the way never, and
 * the pages of the log carry them on. One object serves the followers of one round of following, whose pages leave
 * nothing out. Its memory is bounded; a stream that was dropped is read when it is looked at again.
 */
export class FollowedStreams {
  private readonly streams: LRUCache<string, FollowedEvent[]>;
  private readonly reading = new Map<string, Promise<FollowedEvent[]>>();
  private followedTo: Position = '';

  constructor(
    private readonly log: Pick<EventLog, 'read'>,
    private readonly journal: Journal,
    keptBytes = KEPT_BYTES,
  ) {
    this.streams = new LRUCache({
      maxSize: keptBytes,
      sizeCalculation: (events) => events.reduce((sum, { bytes }) => sum + bytes, 200),
    });
  }

  /** Takes the next page of the log; one that was taken already changes nothing. */
  take({ events, position }: Pick<Page, 'events' | 'position'>): void {
    if (position <= this.followedTo) return;
    this.followedTo = position;
    const grown = new Map<string, FollowedEvent[]>();
    for (const event of events) {
      const known = grown.get(event.stream) ?? this.streams.peek(event.stream) ?? [];
      if (event.revision !== known.length) continue; // read ahead of the pages, or not kept
      known.push(new FollowedEvent(event, this.journal));
      grown.set(event.stream, known);
    }
    for (const [stream, known] of grown) this.streams.set(stream, known);
  }

  /** The events of a stream up to a position that was followed. */
  async upTo(stream: string, position: Position): Promise<readonly FollowedEvent[]> {
    const events = this.streams.get(stream) ?? (await this.read(stream));
    const last = events.findLastIndex(({ stored }) => stored.position <= position);
    return events.slice(0, last + 1);
  }

  private read(stream: string): Promise<FollowedEvent[]> {
    let reading = this.reading.get(stream);
    if (!reading) {
      const { followedTo } = this;
      reading = this.log.read(stream).then((events) => {
        const known = events.map((event) => new FollowedEvent(event, this.journal));
        if (this.followedTo === followedTo) this.streams.set(stream, known); // otherwise a page may have brought what it lacks
        return known;
      });
      this.reading.set(stream, reading);
      const over = () => this.reading.delete(stream);
      reading.then(over, over);
    }
    return reading;
  }
}

/** About what a value takes in memory. */
const bytesOf = (value: unknown): number => {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let sum = 40;
  for (const field of Object.values(value)) sum += 16 + bytesOf(field);
  return sum;
};
