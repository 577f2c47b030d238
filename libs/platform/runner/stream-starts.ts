import { START, type EventLog, type Instant, type Position } from '@baton/kernel';

const PAGE = 5_000;

/**
 * When each stream of the log began, and when each position was recorded. The log is read once; later calls read only
 * what is new. A cut by `happenedBy` leaves out a stream whose first event occurred later, even if a later event of it
 * has an earlier `occurredAt`.
 */
export class StreamStarts {
  private readonly startedAt = new Map<string, Instant>();
  /** The positions at which the pages read so far begin. */
  private readonly pageStarts: Position[] = [];
  private position: Position = START;
  private reading: Promise<void> = Promise.resolve();

  constructor(private readonly log: EventLog) {}

  /** Reads on to the end of the log; concurrent calls read one after the other. */
  catchUp(): Promise<void> {
    const on = () => this.readOn();
    this.reading = this.reading.then(on, on);
    return this.reading;
  }

  /** Whether the first event of the stream had occurred by an instant; true for a stream that is not known. */
  hasBegun(stream: string, instant: Instant): boolean {
    const began = this.startedAt.get(stream);
    return began === undefined || began <= instant;
  }

  /** When the last event up to a position was recorded; undefined before the first event. */
  async recordedAt(position: Position): Promise<Instant | undefined> {
    await this.catchUp();
    const page = this.pageStarts.findLast((after) => after < position);
    if (page === undefined) return undefined;
    const { events } = await this.log.readAll(page, {}, PAGE);
    return events.findLast((event) => event.position <= position)?.recordedAt;
  }

  private async readOn(): Promise<void> {
    for (let atTip = false; !atTip;) {
      const page = await this.log.readAll(this.position, {}, PAGE);
      if (page.events.length > 0) this.pageStarts.push(this.position);
      for (const { stream, revision, meta } of page.events)
        if (revision === 0) this.startedAt.set(stream, meta.occurredAt);
      this.position = page.events.at(-1)?.position ?? this.position;
      atTip = page.atTip;
    }
  }
}
