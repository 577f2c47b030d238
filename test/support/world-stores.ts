import {
  Conflict,
  EventLog,
  START,
  type AppendRequest,
  type AppendResult,
  type Commit,
  type ExpectedRevision,
  type EventFilter,
  type Instant,
  type EventToAppend,
  type Page,
  type Position,
  type RawEvent,
} from '@baton/kernel';
import { MemoryDocuments } from '@baton/platform/documents';

/** A log in memory without any timer; a subclass may be flawed. */
export class WorldLog extends EventLog {
  readonly events: RawEvent[] = [];

  /** @param pause lets others of the world go on; a flawed log yields where it should not */
  constructor(
    protected readonly now: () => Instant,
    protected readonly pause: () => Promise<void>,
  ) {
    super();
  }

  async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult> {
    const again = this.made(events);
    if (again) return again;
    this.expect(stream, expected);
    return this.write(stream, events, this.events.length + 1);
  }

  protected made(events: readonly EventToAppend[]): AppendResult | undefined {
    const last = this.events.find(({ id }) => id === events.at(-1)!.id);
    return last && { position: last.position, revision: last.revision, repeated: true };
  }

  protected head(stream: string): number {
    return this.events.filter((event) => event.stream === stream).length - 1;
  }

  protected expect(stream: string, expected: ExpectedRevision): void {
    const head = this.head(stream);
    if (expected !== 'any' && (expected === 'none' ? -1 : expected) !== head)
      throw new Conflict('log/wrong-revision', `${stream} is at ${head}`);
  }

  protected write(stream: string, events: readonly EventToAppend[], sequence: number): AppendResult {
    const head = this.head(stream);
    const last = this.events.at(-1)?.recordedAt ?? '';
    const recordedAt = this.now() > last ? this.now() : last;
    const stored = events.map((event, index) => ({
      ...event,
      stream,
      revision: head + 1 + index,
      position: this.positionOf(sequence + index, sequence),
      recordedAt,
    }));
    this.events.push(...stored);
    return { position: stored.at(-1)!.position, revision: head + events.length, repeated: false };
  }

  protected positionOf(sequence: number, _first: number): Position {
    return String(sequence).padStart(16, '0');
  }

  assertPosition(): void {} // nobody makes one up here

  appendMany(appends: readonly AppendRequest[]) {
    return Promise.allSettled(appends.map(({ stream, events, expected }) => this.append(stream, events, expected)));
  }

  async read(stream: string, from = 0, limit = Infinity) {
    return this.events.filter((event) => event.stream === stream && event.revision >= from).slice(0, limit);
  }

  async revisionOf(stream: string) {
    return this.events.findLast((event) => event.stream === stream)?.revision;
  }

  protected matching(after: Position, { types }: EventFilter, limit: number): RawEvent[] {
    return this.events
      .filter(({ position, type }) => position > after && (!types || types.includes(type)))
      .slice(0, limit);
  }

  async readAll(after: Position, filter: EventFilter = {}, limit = 2000): Promise<Page> {
    const events = this.matching(after, filter, limit);
    const end = this.events.at(-1)?.position ?? START;
    const position = events.length === limit ? events.at(-1)!.position : end > after ? end : after;
    return { events, position, atTip: position >= end };
  }

  async *follow(after: Position, filter: EventFilter = {}, { limit = 2000 } = {}): AsyncIterable<Page> {
    for (
      let page = await this.readAll(after, filter, limit);
      ;
      page = await this.readAll(page.position, filter, limit)
    ) {
      yield page;
      if (page.atTip) return;
    }
  }

  async tip() {
    return this.events.at(-1)?.position ?? START;
  }

  availability() {
    return { state: 'available' } as const;
  }

  async close() {}
}

/**
 * How a process follows the log of the world: it reads what there is, then waits for news.
 * @param reader may be made to read the same once more, as after a lost connection
 */
export const following = (
  reader: { duplicates: number },
  read: EventLog['readAll'],
  news: (after: Position, signal: AbortSignal | undefined) => Promise<unknown>,
): EventLog['follow'] =>
  async function* (after, filter, { signal, limit } = {}) {
    for (let [from, first] = [after, true]; !signal?.aborted; first = false) {
      const page = await read(from, filter, limit);
      if (signal?.aborted) return;
      if (first || page.position > from) yield page;
      if (reader.duplicates > 0) reader.duplicates--;
      else from = page.position;
      if (page.atTip) await news(from, signal);
    }
  };

/** Generations of the read models, not what the store of this world keeps for itself. */
export const ofReadModels = /^(sums|notes)-v/;
const UNFENCED = { lease: 'documents written one by one', token: 0 };
const NOWHERE = { position: START, count: 0, digest: '' };

/** Documents that are written one by one and the checkpoint last, as MongoDB does: others go on between the writes. */
export class WorldDocuments extends MemoryDocuments {
  /** Followers whose checkpoint went back. */
  readonly wentBack: string[] = [];
  /** Set around each commit to the process that commits. */
  between: () => Promise<void> = async () => undefined;

  override async commit(commit: Commit): Promise<void> {
    const between = this.between;
    await this.fenced(commit);
    await this.writeDocuments(commit, between);
    await this.writeCheckpoint(commit);
  }

  protected async fenced({ fence }: Commit): Promise<void> {
    await super.commit({ follower: 'lease', checkpoint: NOWHERE, fence });
  }

  protected async writeDocuments({ writes }: Commit, between: () => Promise<void>): Promise<void> {
    for (const document of writes?.documents ?? []) {
      const one = { ...writes!, documents: [document] };
      await super.commit({ writes: one, follower: 'torn', checkpoint: NOWHERE, fence: UNFENCED });
      await between();
    }
  }

  protected async writeCheckpoint({ writes: _, ...commit }: Commit): Promise<void> {
    const before = await this.checkpoint(commit.follower);
    await super.commit(commit);
    if (before && commit.checkpoint.position < before.position) this.wentBack.push(commit.follower);
  }
}
