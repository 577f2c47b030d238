import { START, type EventLog, type Instant, type Position } from '@baton/kernel';

const PAGE = 5_000;

/**
 * When each stream of the log began, and which instant each position stands for: read once, and on from there. A cut of
 * what had happened by an instant holds nothing of what had not begun by then, however early a later word is dated.
 */
export class StreamStarts {
  private readonly startedAt = new Map<string, Instant>();
  /** Where the pages that were read begin. */
  private readonly pageStarts: Position[] = [];
  private position: Position = START;
  private reading: Promise<void> = Promise.resolve();

  constructor(private readonly log: EventLog) {}

  /** Reads on to the end of the log; callers at once share the reading. */
  catchUp(): Promise<void> {
    const on = () => this.readOn();
    this.reading = this.reading.then(on, on);
    return this.reading;
  }

  /** Had this stream begun by then? */
  hasBegun(stream: string, instant: Instant): boolean {
    const began = this.startedAt.get(stream);
    return began === undefined || began <= instant;
  }

  /** The instant at which the last event up to a position was recorded; undefined before the first. */
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
