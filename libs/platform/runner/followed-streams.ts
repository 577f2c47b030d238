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

/** A stream, as far as it was followed. */
export class FollowedStream {
  private readonly events: FollowedEvent[] = [];
  private readonly byType = new Map<string, FollowedEvent[]>();
  /** So many events are known to be readable. */
  private readable = 0;
  /** Its approximate size in memory. */
  bytes = 200;

  get length(): number {
    return this.events.length;
  }

  add(event: FollowedEvent): void {
    this.events.push(event);
    this.bytes += event.bytes;
    const { type } = event.stored;
    const known = this.byType.get(type);
    if (known) known.push(event);
    else this.byType.set(type, [event]);
  }

  upTo(position: Position): readonly FollowedEvent[] {
    return upTo(this.events, position);
  }

  /**
   * The events of these types, in their order.
   * @returns undefined where some event of the stream up to there cannot be read: nobody knows what it would say
   */
  ofTypes(types: readonly string[], position: Position): readonly StoredEvent[] | undefined {
    const end = lastUpTo(this.events, position);
    try {
      for (; this.readable <= end; this.readable++) this.events[this.readable]!.decoded();
    } catch {
      return undefined;
    }
    const found = types.flatMap((type) => upTo(this.byType.get(type) ?? [], position));
    if (types.length > 1) found.sort((a, b) => a.stored.revision - b.stored.revision);
    return found.map((event) => event.decoded());
  }
}

const lastUpTo = (events: readonly FollowedEvent[], position: Position): number =>
  events.findLastIndex(({ stored }) => stored.position <= position);
const upTo = (events: readonly FollowedEvent[], position: Position): readonly FollowedEvent[] =>
  events.slice(0, lastUpTo(events, position) + 1);

/**
 * A cache of streams for policies, each up to the position that was followed. A stream is read from the log at most
 * once, and not at all if it begins in a followed page; later events come from the pages. One instance serves the
 * followers of one read of the log, whose pages are contiguous. Its memory is bounded; an evicted stream is read again
 * when it is needed.
 */
export class FollowedStreams {
  private readonly streams: LRUCache<string, FollowedStream>;
  private readonly reading = new Map<string, Promise<FollowedStream>>();
  private followedTo: Position = '';

  constructor(
    private readonly log: Pick<EventLog, 'read'>,
    private readonly journal: Journal,
    keptBytes = KEPT_BYTES,
  ) {
    const streams = new LRUCache<string, FollowedStream>({ maxSize: keptBytes, sizeCalculation: ({ bytes }) => bytes });
    this.streams = boundByHeap(streams);
  }

  /** Adds the events of the next page; a page that was already added changes nothing. */
  take({ events, position }: Pick<Page, 'events' | 'position'>): void {
    if (position <= this.followedTo) return;
    this.followedTo = position;
    const grown = new Map<string, FollowedStream>();
    for (const event of events) {
      const known = grown.get(event.stream) ?? this.streams.peek(event.stream) ?? new FollowedStream();
      if (event.revision !== known.length) continue; // the stream was read further than this page, or is not cached
      known.add(new FollowedEvent(event, this.journal));
      grown.set(event.stream, known);
    }
    for (const [stream, known] of grown) {
      this.streams.delete(stream); // the cache does not measure an object again that it has
      this.streams.set(stream, known);
    }
  }

  /** A stream, at least up to what has been followed. */
  async get(stream: string): Promise<FollowedStream> {
    return this.streams.get(stream) ?? (await this.read(stream));
  }

  private read(stream: string): Promise<FollowedStream> {
    let reading = this.reading.get(stream);
    if (!reading) {
      const { followedTo } = this;
      reading = this.log.read(stream).then((events) => {
        const known = new FollowedStream();
        for (const event of events) known.add(new FollowedEvent(event, this.journal));
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
