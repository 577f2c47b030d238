import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import {
  Conflict,
  EventLog,
  mergeReads,
  Refused,
  START,
  type AppendRequest,
  type AppendResult,
  type Clock,
  type ExpectedRevision,
  type EventFilter,
  type Instant,
  type EventToAppend,
  type Page,
  type Position,
  type RawEvent,
} from '@baton/kernel';
import { DeferredEvents, type DeferredFile, type TakenEvents } from './deferred-events';
import { watchCommits, type CommitWatch } from './file-watch';
import { metaOf, storedMeta } from './stored-meta';
import { openDatabase, type Sqlite, type SqliteValue } from '../sqlite';

const SCHEMA = `CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL, data TEXT NOT NULL, meta TEXT NOT NULL, recordedAt TEXT NOT NULL, UNIQUE (stream, revision))`;
const COLUMNS = 'position, stream, revision, id, type, data, meta, recordedAt';
/** Needs as much disk space as a few events, and frees it again. */
const PROBE = 'CREATE TABLE probe (bytes BLOB); INSERT INTO probe VALUES (randomblob(65536)); DROP TABLE probe';
const ROWS_PER_INSERT = 50; // twice as fast as row by row
const EVENTS_PER_COMMIT = 2000; // keeps the pause of one group commit in the milliseconds
const APPEND_LIMIT = 1024 * 1024; // bytes; the default of EventStoreDB
const DEFAULT_PAGE = 2000;
const NO_LIMIT = -1; // to SQLite a negative limit is none
const DEFERRED_MS = 3_000; // how late deferred events are in the log; each append of them wakes every follower
const MAX_SCANNED_ROWS = 20_000; // rows that one page of a filtered read may look at

interface Row {
  position: number;
  stream: string;
  revision: number;
  id: string;
  type: string;
  data: string;
  meta: string;
  recordedAt: Instant;
}
/** An append whose data and metadata are JSON already. */
interface TextsToAppend extends Pick<AppendRequest, 'stream' | 'expected'> {
  readonly events: readonly Pick<EventToAppend, 'id' | 'type'>[];
  readonly texts: readonly { readonly data: string; readonly meta: string }[];
}
interface PendingAppend extends AppendRequest, Pick<TextsToAppend, 'texts'> {
  readonly resolve: (appended: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}
type StoredPlace = Pick<Row, 'stream' | 'revision' | 'position'>;

/**
 * The log in one SQLite file. All waiting appends share one transaction (group commit); each is checked on its own.
 * SQLite allows one writer at a time, so positions are dense and in commit order. Other processes may use the same
 * file.
 */
export class EmbeddedEventLog extends EventLog {
  private readonly queue: PendingAppend[] = [];
  /** `maxSize` and not `max`, because LRUCache allocates room for `max` entries at once. */
  private readonly streamRevisions = new LRUCache<string, number>({ maxSize: 100_000, sizeCalculation: () => 1 });
  /** The last position that this process has seen; -1: unknown. */
  private last = -1;
  private lastRecordedAt: Instant = '';
  private flushing = false;
  private lastWriteFailed = false;
  private closed = false;
  /** The streams of what this process has deferred. */
  private readonly deferredStreams = new Set<string>();
  private deferredTimer: NodeJS.Timeout | undefined;
  private readonly waiters = new Set<{ readonly after: number; readonly wake: () => void }>();
  private watch: CommitWatch | undefined;

  private constructor(
    private readonly database: Sqlite,
    private readonly path: string,
    private readonly clock: Clock,
    /** Undefined where nothing can be deferred. */
    private readonly deferred: DeferredEvents | undefined,
    private readonly onUnreadable: (records: number) => void,
  ) {
    super();
  }

  /**
   * Opens or creates the log's file, and appends what is deferred beside it; `:memory:` for a log that is not stored.
   * @param how `onUnreadable`: called with the number of deferred records that could not be read, because a crash
   *   interrupted their write: nobody waited for them any more
   */
  static open(
    path: string,
    clock: Clock,
    {
      readOnly = false,
      onUnreadable = () => undefined,
    }: { readonly readOnly?: boolean; readonly onUnreadable?: (records: number) => void } = {},
  ): EmbeddedEventLog {
    const database = openDatabase(path, { synchronous: 'FULL', readOnly });
    if (!readOnly) database.exec(SCHEMA);
    const deferred =
      readOnly || path === ':memory:'
        ? undefined
        : new DeferredEvents(path.replace(/(\.db)?$/, '-deferred'), `${path}-wal`);
    const log = new EmbeddedEventLog(database, path, clock, deferred, onUnreadable);
    log.tryAppendDeferred();
    return log;
  }

  append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.assertOpen();
      if (events.length === 0) throw new Error(`nothing to append to ${stream}`);
      const texts = events.map(textsOf);
      const bytes = texts.reduce((sum, { data, meta }) => sum + Buffer.byteLength(data) + Buffer.byteLength(meta), 0);
      if (bytes > APPEND_LIMIT)
        throw new Refused('log/too-large', 'One append can have at most 1 MiB; send a smaller command.');
      this.queue.push({ stream, events, expected, texts, resolve, reject });
      this.schedule();
    });
  }

  appendMany(appends: readonly AppendRequest[]) {
    return Promise.allSettled(appends.map(({ stream, events, expected }) => this.append(stream, events, expected)));
  }

  override async appendDeferred(stream: string, events: readonly EventToAppend[]): Promise<void> {
    if (!this.deferred) return super.appendDeferred(stream, events);
    this.assertOpen();
    try {
      this.clock.now(); // refuses where it would be refused later
      if (this.lastWriteFailed) this.appendDeferredEvents();
      this.deferred.write(events.map((event) => ({ ...event, stream })));
    } catch (error) {
      throw appendFailure(error);
    }
    this.deferredStreams.add(stream);
    this.deferLater();
  }

  override async flush(): Promise<void> {
    this.assertOpen();
    if (!this.deferred) return;
    try {
      this.deferred.findFiles();
      this.appendDeferredEvents();
    } catch (error) {
      throw appendFailure(error);
    }
  }

  /**
   * Copies events of another log in one transaction, with their ids, revisions and, unless it would go back,
   * `recordedAt`. They get the next positions.
   * @throws Conflict `log/wrong-revision` if an event does not follow the last one of its stream here
   */
  async appendCopies(events: readonly RawEvent[]): Promise<void> {
    this.assertOpen();
    try {
      this.commit(() => {
        this.streamRevisions.clear();
        const tip = this.maxPosition();
        let last = this.recordedAtOf(tip);
        const rows = events.map(({ stream, revision, id, type, data, meta, recordedAt }, index): Row => {
          const head = this.headOf(stream);
          if (revision !== head + 1)
            throw new Conflict('log/wrong-revision', `${stream} is at revision ${head}; ${revision} does not follow.`);
          this.streamRevisions.set(stream, revision);
          last = recordedAt > last ? recordedAt : last;
          const texts = { data: JSON.stringify(data), meta: storedMeta(meta) };
          return { position: tip + 1 + index, stream, revision, id, type, ...texts, recordedAt: last };
        });
        this.insert(rows);
      });
    } finally {
      this.streamRevisions.clear();
      this.last = -1;
    }
    this.wake(this.maxPosition());
  }

  async read(stream: string, from = 0, limit = NO_LIMIT): Promise<readonly RawEvent[]> {
    this.assertOpen();
    if (this.deferredStreams.has(stream)) this.appendDeferredEvents();
    return this.database
      .prepareRows(`SELECT ${COLUMNS} FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?`)
      .all(stream, from, limit)
      .map(rawEventOf);
  }

  async revisionOf(stream: string): Promise<number | undefined> {
    this.assertOpen();
    if (this.deferredStreams.has(stream)) this.appendDeferredEvents();
    return this.storedHeadOf(stream); // another process may have written since
  }

  async readAll(after: Position, filter: EventFilter = {}, limit = DEFAULT_PAGE): Promise<Page> {
    const from = sequenceOf(after);
    await nextTurn(); // lets timers and sockets run between the pages of a catch-up
    this.assertOpen();
    if (this.deferredStreams.size > 0) this.tryAppendDeferred();
    return this.page(from, filter, limit);
  }

  async *follow(
    after: Position,
    filter: EventFilter = {},
    { signal, limit = DEFAULT_PAGE }: { signal?: AbortSignal; limit?: number } = {},
  ): AsyncIterable<Page> {
    let from = sequenceOf(after);
    for (let first = true; ; first = false) {
      await nextTurn();
      if (signal?.aborted || this.closed) return;
      const page = this.page(from, filter, limit);
      const reached = sequenceOf(page.position);
      // The first page also if it is empty: it tells a follower that it is at the tip.
      if (reached > from || first) yield page;
      from = reached;
      if (page.atTip) await this.waitForPast(from, signal);
    }
  }

  async tip(): Promise<Position> {
    this.assertOpen();
    if (this.deferredStreams.size > 0) this.tryAppendDeferred();
    const tip = this.maxPosition();
    this.wake(tip); // whoever asks may wait for followers to come so far
    return positionOf(tip);
  }

  assertPosition(position: Position, path?: string): void {
    sequenceOf(position, path);
  }

  override async integrityFaults(): Promise<readonly string[]> {
    this.assertOpen();
    return this.database.integrityFaults();
  }

  override async appendRefusal(): Promise<string | undefined> {
    this.assertOpen();
    try {
      this.clock.now();
      if (this.lastWriteFailed) this.commit(() => this.database.exec(PROBE));
      this.lastWriteFailed = false;
      return undefined;
    } catch (error) {
      return appendFailure(error).code;
    }
  }

  availability() {
    return { state: 'available' } as const;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    while (this.queue.length > 0) this.writeWaiting();
    if (this.deferredStreams.size > 0) this.tryAppendDeferred(); // what fails is done by whoever opens the log next
    this.closed = true;
    clearTimeout(this.deferredTimer);
    this.deferred?.close();
    this.watch?.end();
    for (const { wake } of [...this.waiters]) wake();
    this.database.close();
  }

  private assertOpen() {
    if (this.closed) throw new Conflict('log/unavailable', 'The log is closed.');
  }

  private maxPosition(): number {
    return this.database.prepare('SELECT max(position) AS position FROM events').get<StoredPlace>()!.position ?? 0;
  }

  private recordedAtOf(position: number): Instant {
    return (
      this.database.prepare('SELECT recordedAt FROM events WHERE position = ?').get<Row>(position)?.recordedAt ?? ''
    );
  }

  private page(from: number, filter: EventFilter, limit: number): Page {
    const tip = this.maxPosition();
    // Positions are dense and in commit order: everything up to `tip` is visible now and never changes.
    const until = Math.min(tip, filter.types ? from + Math.max(MAX_SCANNED_ROWS, limit) : tip);
    const events = this.select(from, until, filter, limit).map(rawEventOf);
    const scannedTo = events.length === limit ? sequenceOf(events.at(-1)!.position) : until;
    const reached = Math.max(from, scannedTo);
    return { events, position: positionOf(reached), atTip: reached >= tip };
  }

  private select(from: number, until: number, { types }: EventFilter, limit: number): SqliteValue[][] {
    const only = types ? 'AND type IN (SELECT value FROM json_each(?))' : '';
    return this.database
      .prepareRows(
        `SELECT ${COLUMNS} FROM events WHERE position > ? AND position <= ? ${only} ORDER BY position LIMIT ?`,
      )
      .all(from, until, ...(types ? [JSON.stringify(types)] : []), limit);
  }

  private schedule() {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      if (this.queue.length > 0) this.writeWaiting();
      if (this.queue.length > 0) this.schedule();
    });
  }

  /** Writes the waiting appends in one transaction; they are answered after its commit. */
  private writeWaiting() {
    const batch = this.nextBatch();
    let answers: (AppendResult | Error)[];
    try {
      answers = this.commit(() => this.write(batch));
    } catch (error) {
      for (const { reject } of batch) reject(appendFailure(error));
      return;
    }
    answers.forEach((answer, index) => {
      if (answer instanceof Error) batch[index]!.reject(answer);
      else batch[index]!.resolve(answer);
    });
    this.wake(this.last);
  }

  /** One transaction. @param waits for the disk */
  private commit<T>(work: () => T, waits = true): T {
    this.database.setSynchronous(waits ? 'FULL' : 'NORMAL');
    try {
      const answer = this.database.transaction(work);
      this.lastWriteFailed = false;
      return answer;
    } catch (error) {
      this.lastWriteFailed = true;
      // The transaction was rolled back, so the caches are wrong.
      this.streamRevisions.clear();
      this.last = -1;
      throw error;
    }
  }

  private deferLater(): void {
    this.deferredTimer ??= setTimeout(() => this.tryAppendDeferred(), DEFERRED_MS).unref();
  }

  /** As `appendDeferredEvents`; what fails is tried again, and refuses what would be deferred next. */
  private tryAppendDeferred(): void {
    if (!this.deferred) return;
    try {
      this.appendDeferredEvents();
    } catch {
      this.lastWriteFailed = true;
    }
  }

  /** Appends what this process has deferred, and others had when their files were found. */
  private appendDeferredEvents(): void {
    clearTimeout(this.deferredTimer);
    this.deferredTimer = undefined;
    try {
      if (this.deferred!.isWaiting) {
        // The files stay until the commit is on the disk, for which this thread does not wait.
        const { unreadable, remove } = this.commit(() => this.writeDeferred(this.deferred!.take()), false);
        remove();
        if (unreadable > 0) this.onUnreadable(unreadable);
      }
    } catch (error) {
      this.deferLater();
      throw error;
    }
    this.deferredStreams.clear();
    this.wake(this.last);
  }

  /**
   * Appends deferred events, each once, merged where their file is complete. One that the log has already, by itself or
   * merged with the others of its file, is not appended again: its file is not removed yet, or another process took it.
   */
  private writeDeferred(taken: TakenEvents): TakenEvents {
    const groups = taken.files.flatMap((file) => this.mergedIn(file));
    const merged = this.placesOf(groups.map(({ event: { id } }) => id));
    const fresh = groups.flatMap(({ event, members, isComplete }) =>
      merged.has(event.id) ? [] : isComplete ? [event] : members,
    );
    const once = new Map(fresh.map((event) => [event.id, event])).values();
    const appends = [...once].map((event): TextsToAppend => {
      return { stream: event.stream, events: [event], texts: [textsOf(event)], expected: 'any' };
    });
    this.write(appends, new Map());
    return taken;
  }

  /** The events of a file that are not in the log by themselves, merged. */
  private mergedIn({ events, isComplete }: DeferredFile) {
    const known = this.placesOf(events.map(({ id }) => id));
    return mergeReads(events.filter(({ id }) => !known.has(id))).map((merged) => ({ ...merged, isComplete }));
  }

  private nextBatch(): PendingAppend[] {
    let events = 0;
    const enough = this.queue.findIndex((append) => (events += append.events.length) >= EVENTS_PER_COMMIT);
    return this.queue.splice(0, enough < 0 ? this.queue.length : enough + 1);
  }

  /** @param places of those ids that the log already has */
  private write(
    batch: readonly TextsToAppend[],
    places = this.placesOf(batch.flatMap(({ events }) => events.map(({ id }) => id))),
  ): (AppendResult | Error)[] {
    const tip = this.maxPosition();
    if (tip !== this.last) {
      // Another process has written, or this is the first write: the cached heads are stale.
      this.streamRevisions.clear();
      this.lastRecordedAt = this.recordedAtOf(tip);
    }
    const now = this.clock.now();
    const recordedAt = now > this.lastRecordedAt ? now : this.lastRecordedAt;
    const rows: Row[] = [];
    const answers = batch.map((append) => {
      const { stream, events, texts } = append;
      const head = this.headOf(stream);
      const existing = existingAnswer(append, head, places);
      if (existing) return existing;
      events.forEach(({ id, type }, index) => {
        const place = { stream, revision: head + 1 + index, position: tip + rows.length + 1 };
        places.set(id, place);
        rows.push({ ...place, id, type, ...texts[index]!, recordedAt });
      });
      this.streamRevisions.set(stream, head + events.length);
      return { position: positionOf(tip + rows.length), revision: head + events.length, repeated: false };
    });
    this.insert(rows);
    this.last = tip + rows.length;
    if (rows.length > 0) this.lastRecordedAt = recordedAt;
    return answers;
  }

  /** Stream, revision and position of the ids that the log already has. */
  private placesOf(ids: readonly string[]): Map<string, StoredPlace> {
    const rows = this.database
      .prepare('SELECT id, stream, revision, position FROM events WHERE id IN (SELECT value FROM json_each(?))')
      .all<Row>(JSON.stringify(ids));
    return new Map(rows.map((row) => [row.id, row]));
  }

  private headOf(stream: string): number {
    const cached = this.streamRevisions.get(stream);
    if (cached !== undefined) return cached;
    const head = this.storedHeadOf(stream) ?? -1;
    this.streamRevisions.set(stream, head);
    return head;
  }

  private storedHeadOf(stream: string): number | undefined {
    const sql = 'SELECT max(revision) AS revision FROM events WHERE stream = ?';
    return this.database.prepare(sql).get<{ readonly revision: number | null }>(stream)?.revision ?? undefined;
  }

  private insert(rows: readonly Row[]) {
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      const some = rows.slice(start, start + ROWS_PER_INSERT);
      const values = some.map(() => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ');
      this.database
        .prepare(`INSERT INTO events (${COLUMNS}) VALUES ${values}`)
        .run(
          ...some.flatMap((r): SqliteValue[] => [
            r.position,
            r.stream,
            r.revision,
            r.id,
            r.type,
            r.data,
            r.meta,
            r.recordedAt,
          ]),
        );
    }
  }

  /** Resolves when the log has passed a position, on abort, and on close. */
  private waitForPast(after: number, signal?: AbortSignal): Promise<void> {
    if (this.closed || signal?.aborted || this.last > after) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        this.waiters.delete(waiter);
        if (this.waiters.size === 0) this.watch?.setAwaited(false);
        resolve();
      };
      const waiter = { after, wake };
      signal?.addEventListener('abort', wake);
      this.waiters.add(waiter);
      // Commits of this process wake at once.
      this.watch ??= watchCommits(this.path, () => {
        if (this.waiters.size > 0) this.wake(this.maxPosition());
      });
      this.watch.setAwaited(true);
    });
  }

  private wake(tip: number) {
    for (const { after, wake } of [...this.waiters]) if (tip > after) wake();
  }
}

/** Data and metadata as they are stored. */
const textsOf = ({ data, meta }: Pick<EventToAppend, 'data' | 'meta'>) => ({
  data: JSON.stringify(data),
  meta: storedMeta(meta),
});

const appendFailure = (error: unknown): Conflict =>
  error instanceof Conflict
    ? error
    : new Conflict(
        'log/unavailable',
        `The log could not be written: ${error instanceof Error ? error.message : error}`,
      );

/**
 * The answer to an append that must not be written: that of the first time, or a conflict. Undefined if it may be
 * written.
 */
const existingAnswer = (
  { stream, events, expected }: Pick<TextsToAppend, 'stream' | 'events' | 'expected'>,
  head: number,
  places: ReadonlyMap<string, StoredPlace>,
): AppendResult | Error | undefined => {
  const before = events.map(({ id }) => places.get(id)).filter((place) => place !== undefined);
  const elsewhere = before.find((place) => place.stream !== stream);
  if (elsewhere) return new Error(`an event id of ${stream} is already used in ${elsewhere.stream}`);
  if (new Set(events.map(({ id }) => id)).size < events.length)
    return new Error(`an append to ${stream} repeats an event id`);
  const isRepeated =
    before.length === events.length && before.every(({ revision }, index) => revision === before[0]!.revision + index);
  if (isRepeated) {
    const { position, revision } = before.at(-1)!;
    return { position: positionOf(position), revision, repeated: true };
  }
  const matches = expected === 'any' || (expected === 'none' ? -1 : expected) === head;
  if (matches && before.length === 0) return undefined;
  return new Conflict('log/wrong-revision', `${stream} is at revision ${head}, not at ${expected}.`);
};

/** @param row values in the order of COLUMNS */
const rawEventOf = (row: readonly SqliteValue[]): RawEvent => ({
  position: positionOf(row[0] as number),
  stream: row[1] as string,
  revision: row[2] as number,
  id: row[3] as string,
  type: row[4] as string,
  data: JSON.parse(row[5] as string) as unknown,
  meta: metaOf(row[6] as string),
  recordedAt: row[7] as Instant,
});

const positionOf = (sequence: number): Position => (sequence === 0 ? START : String(sequence).padStart(16, '0'));

const sequenceOf = (position: Position, path = 'position'): number => {
  if (position !== START && !/^\d{16}$/.test(position))
    throw new Refused('log/not-a-position', `${path} must be a position that this log returned.`, path);
  return Number(position);
};
