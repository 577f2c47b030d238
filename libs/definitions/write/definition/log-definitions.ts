import {
  DefinitionSource,
  fromMs,
  isTransient,
  START,
  toMs,
  type Clock,
  type DefinitionLookup,
  type EventLog,
  type DatedEvent,
  type Instant,
  type Journal,
  type Json,
  type Position,
  type StoredEvent,
  type RawEvent,
} from '@baton/kernel';
import { machineTimers, type Timers } from '@baton/platform/timers';
import { definitionDecider, type DefinitionState } from './definition.decider';
import { definitionEvents, type DefinitionEvent } from './definition.events';
import { inForceAt, type InForcePeriod } from './versions.rules';

/** An approval or retirement takes effect in every process this long after it was recorded. */
const IN_FORCE_DELAY_MS = 5_000;
/** A stream confirmed longer ago than this may be out of date: it is read again before it decides. */
const TRUSTED_MS = 2_000;
/** How often the tip of the log is compared, while decisions go on. */
const CONFIRM_MS = 1_000;
const STREAMS = 'definition-';
const types = [...definitionEvents.schemas.keys()];

const evolve = (state: DefinitionState, event: StoredEvent): DefinitionState =>
  definitionDecider.evolve(state, event as unknown as DatedEvent<DefinitionEvent>);

/** A version as the read model holds it. */
export type RecordedVersion = InForcePeriod & { readonly body: Json };

/** The versions of one kind, as far as this process has read them. */
class DefinitionFollower {
  /** The state after all events read so far. */
  readState = definitionDecider.initialState();
  /** The state that decides: events old enough to have reached every process, and those written by this one. */
  private inForce = definitionDecider.initialState();
  /** Events recorded by other processes a moment ago: read, but not yet used for live decisions. */
  private readonly recent: { readonly event: StoredEvent; readonly knownMs: number }[] = [];
  private revision = -1;
  private ownRevision = -1;
  /** The highest revision known to exist. */
  private knownRevision = -1;
  /** When everything up to the end of the stream had last been read. */
  private confirmedMs = -Infinity;
  /** The read in progress, and the one that waits for it. */
  private reading: Promise<void> = Promise.resolve();
  private nextRead: Promise<void> | undefined;

  constructor(
    private readonly stream: string,
    private readonly journal: Journal,
    private readonly timers: Timers,
  ) {}

  /** Whether everything recorded by that moment has been read. */
  isCurrent(sinceMs: number): boolean {
    return this.confirmedMs >= sinceMs && this.revision >= this.knownRevision;
  }

  get hasBeenRead(): boolean {
    return this.confirmedMs > -Infinity;
  }

  /** Everything in the log at that moment has been followed. */
  confirm(atMs: number): void {
    if (this.hasBeenRead) this.confirmedMs = Math.max(this.confirmedMs, atMs);
  }

  /** Applies an event from the follower; one that cannot be applied is read from the stream when the kind is next used. */
  follow(stored: RawEvent): void {
    this.knownRevision = Math.max(this.knownRevision, stored.revision);
    if (stored.revision !== this.revision + 1) return;
    try {
      this.apply(this.journal.decode(stored));
    } catch {
      // The next read of the stream throws the error, to the caller that needs this kind.
    }
  }

  noteOwnWrite(revision: number): void {
    this.ownRevision = Math.max(this.ownRevision, revision);
    this.knownRevision = Math.max(this.knownRevision, revision);
  }

  /** Reads to the end. Callers during a read share the next one, because the one in progress may miss the last events. */
  read(): Promise<void> {
    this.nextRead ??= this.reading.then(() => {
      this.nextRead = undefined;
      const reading = this.readToEnd();
      this.reading = reading.catch(() => undefined);
      return reading;
    });
    return this.nextRead;
  }

  private async readToEnd(): Promise<void> {
    const beganMs = this.timers.now();
    for (const event of await this.journal.read(this.stream, this.revision + 1))
      if (event.revision === this.revision + 1) this.apply(event); // the other streams were followed meanwhile
    this.confirmedMs = Math.max(this.confirmedMs, beganMs);
  }

  private apply(event: StoredEvent): void {
    this.readState = evolve(this.readState, event);
    this.revision = event.revision;
    this.recent.push({ event, knownMs: this.timers.now() });
  }

  /** The state that decides live at `now`. */
  stateAt(now: Instant): DefinitionState {
    for (let first = this.recent[0]; first && this.isInForce(first, now); first = this.recent[0]) {
      this.inForce = evolve(this.inForce, first.event);
      this.recent.shift();
    }
    return this.inForce;
  }

  private isInForce({ event, knownMs }: { event: StoredEvent; knownMs: number }, now: Instant): boolean {
    return (
      event.revision <= this.ownRevision ||
      event.recordedAt <= fromMs(toMs(now) - IN_FORCE_DELAY_MS) ||
      knownMs <= this.timers.now() - IN_FORCE_DELAY_MS // a clock that is behind the log's must not delay it
    );
  }

  isFullyInForce(now: Instant): boolean {
    this.stateAt(now);
    return this.recent.length === 0;
  }
}

/**
 * Definitions read from their streams: each stream is read once, then followed. While decisions are made, the tip of the
 * log is compared every second; if the follower has not reached it within two seconds, the streams are read before they
 * decide. So every decision knows what was recorded two seconds ago. An approval takes effect five seconds after it was
 * recorded, so that it does so in all processes at the same instant; the process that wrote it uses it at once.
 */
export class LogDefinitions extends DefinitionSource {
  private readonly kinds = new Map<string, DefinitionFollower>();
  private readonly closing = new AbortController();
  private starting: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  /** Everything up to this position has been followed. */
  private followedPosition: Position = START;
  private tipRequest: Promise<void> | undefined;
  private tipAskedMs = -Infinity;
  /** The tip of the log at the last request. */
  private tip: { readonly position: Position; readonly askedMs: number } | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly log: Pick<EventLog, 'follow' | 'tip' | 'availability'>,
    /** Loads every version of one kind from the read model, for queries while the log is unavailable. */
    private readonly loadRecorded: (kind: string) => Promise<readonly RecordedVersion[]>,
    private readonly timers: Timers = machineTimers,
    private readonly trustedMs: number = TRUSTED_MS,
  ) {
    super();
  }

  async forKinds(
    kinds: readonly string[],
    { decidingAt, fresh = false, answering = false }: NonNullable<Parameters<DefinitionSource['forKinds']>[1]> = {},
  ): Promise<DefinitionLookup> {
    const unread = () => kinds.filter((name) => !this.kind(name).hasBeenRead);
    if (!answering || unread().length > 0 || this.log.availability().state === 'available')
      await this.bringUpToDate(kinds, fresh).catch((error: unknown) => {
        if (!isTransient(error) || !answering) throw error;
      });
    const recorded = new Map<string, readonly RecordedVersion[]>();
    if (answering) for (const name of unread()) recorded.set(name, await this.loadRecorded(name));
    const known = new Map(kinds.map((name) => [name, this.kind(name)]));
    return (name, at) => {
      const kind = known.get(name);
      if (!kind) return undefined;
      const all: readonly RecordedVersion[] = recorded.get(name) ?? kind.readState.versions;
      // A version asked for by number is already in use, so it need not wait to take effect.
      const version =
        typeof at === 'number'
          ? all.find(({ number }) => number === at)
          : inForceAt(decidingAt === undefined ? all : kind.stateAt(decidingAt).versions, at);
      return version && { kind: name, version: version.number, ref: `${name}@${version.number}`, body: version.body };
    };
  }

  /** Makes an event written by this process take effect in it at once. @param revision that of its last event */
  noteOwnWrite(kind: string, revision: number): void {
    this.kind(kind).noteOwnWrite(revision);
  }

  /** Waits, at most five seconds, until everything recorded of a kind so far is in force in this process. */
  async waitUntilInForce(kind: string, clock: Clock): Promise<void> {
    await this.bringUpToDate([kind], true);
    while (!this.kind(kind).isFullyInForce(clock.now())) await this.timers.delay(50, this.closing.signal);
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.following;
  }

  private kind(name: string): DefinitionFollower {
    let kind = this.kinds.get(name);
    if (!kind) this.kinds.set(name, (kind = new DefinitionFollower(STREAMS + name, this.journal, this.timers)));
    return kind;
  }

  private async bringUpToDate(names: readonly string[], fresh: boolean): Promise<void> {
    await (this.starting ??= this.start());
    const nowMs = this.timers.now();
    const comparing = nowMs - this.tipAskedMs >= CONFIRM_MS ? this.requestTip() : this.tipRequest;
    const kinds = names.map((name) => this.kind(name));
    const isKnown = (kind: DefinitionFollower) => !fresh && kind.isCurrent(nowMs - this.trustedMs);
    if (kinds.every(isKnown)) return;
    if (!fresh && kinds.every(({ hasBeenRead: wasRead }) => wasRead)) await comparing;
    await Promise.all(kinds.map((kind) => (isKnown(kind) ? undefined : kind.read())));
  }

  /** Follows the log from its tip on; earlier events are read when a kind is first used. */
  private async start(): Promise<void> {
    try {
      this.followedPosition = await this.log.tip();
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
    this.following = this.follow();
  }

  private async follow(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        for await (const { events, position } of this.log.follow(this.followedPosition, { types }, { signal })) {
          for (const event of events)
            if (event.stream.startsWith(STREAMS)) this.kinds.get(event.stream.slice(STREAMS.length))?.follow(event);
          this.followedPosition = position;
          this.confirm();
        }
      } catch {
        // While the log is unavailable nothing is confirmed: each decision then reads its streams, and throws if it cannot.
      }
      await this.timers.delay(CONFIRM_MS, signal).catch(() => undefined);
    }
  }

  /** Asks for the tip of the log; once the follower has reached it, all kinds are confirmed as of that moment. */
  private requestTip(): Promise<void> {
    const askedMs = this.timers.now();
    this.tipRequest ??= this.log
      .tip()
      .then(
        (position) => {
          this.tipAskedMs = askedMs;
          this.tip = { position, askedMs };
          this.confirm();
        },
        () => undefined, // as in `follow`
      )
      .finally(() => (this.tipRequest = undefined));
    return this.tipRequest;
  }

  private confirm(): void {
    if (!this.tip || this.followedPosition < this.tip.position) return;
    for (const kind of this.kinds.values()) kind.confirm(this.tip.askedMs);
    this.tip = undefined;
  }
}
