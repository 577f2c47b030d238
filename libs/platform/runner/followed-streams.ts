import type { EventLog, Journal, Page, Position, StoredEvent, RawEvent } from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { boundByHeap } from '../caches';

const KEPT_BYTES = 64 * 2 ** 20;

/** An event that is decoded when it is first read. */
export class FollowedEvent {
  private decodedEvent: StoredEvent | undefined;
  /** Its approximate size in memory, including the decoded form. */
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
 * A cache of streams for policies, each up to the position that was followed. A stream is read from the log at most
 * once, and not at all if it begins in a followed page; later events come from the pages. One instance serves the
 * followers of one read of the log, whose pages are contiguous. Its memory is bounded; an evicted stream is read again
 * when it is needed.
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
    const streams = new LRUCache<string, FollowedEvent[]>({
      maxSize: keptBytes,
      sizeCalculation: (events) => events.reduce((sum, { bytes }) => sum + bytes, 200),
    });
    this.streams = boundByHeap(streams);
  }

  /** Adds the events of the next page; a page that was already added changes nothing. */
  take({ events, position }: Pick<Page, 'events' | 'position'>): void {
    if (position <= this.followedTo) return;
    this.followedTo = position;
    const grown = new Map<string, FollowedEvent[]>();
    for (const event of events) {
      const known = grown.get(event.stream) ?? this.streams.peek(event.stream) ?? [];
      if (event.revision !== known.length) continue; // the stream was read further than this page, or is not cached
      known.push(new FollowedEvent(event, this.journal));
      grown.set(event.stream, known);
    }
    for (const [stream, known] of grown) this.streams.set(stream, known);
  }

  /** The events of a stream up to a position that has been followed. */
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
        // If a page came meanwhile, the read may lack events of it.
        if (this.followedTo === followedTo) this.streams.set(stream, known);
        return known;
      });
      this.reading.set(stream, reading);
      const done = () => this.reading.delete(stream);
      reading.then(done, done);
    }
    return reading;
  }
}

/** The approximate size of a value in memory. */
const bytesOf = (value: unknown): number => {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let sum = 40;
  for (const field of Object.values(value)) sum += 16 + bytesOf(field);
  return sum;
};
