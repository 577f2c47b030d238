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
import { machineTimers, type Timers } from '@baton/platform/runner';
import { definitionDecider, type DefinitionState } from './definition.decider';
import { definitionEvents, type DefinitionEvent } from './definition.events';
import { inForceAt, type InForcePeriod } from './versions.rules';

/** So long after it was recorded an agreement decides in every process. */
const FORCE_MS = 5_000;
/** What was confirmed longer ago may have been overtaken: it is read on before it decides. */
const TRUSTED_MS = 2_000;
/** After so long the end of the log is compared again, while decisions go on. */
const CONFIRM_MS = 1_000;
const STREAMS = 'definition-';
const types = [...definitionEvents.schemas.keys()];

const evolved = (state: DefinitionState, event: StoredEvent): DefinitionState =>
  definitionDecider.evolve(state, event as unknown as DatedEvent<DefinitionEvent>);

/** What an answer needs of a version. */
export type RecordedVersion = InForcePeriod & { readonly body: Json };

/** One kind as far as it is known here. */
class Kind {
  /** All that is known. */
  all = definitionDecider.initialState();
  /** What decides in every process, or was agreed to through this one. */
  private inForce = definitionDecider.initialState();
  /** Recorded by others a moment ago: known, and not yet in force for live decisions. */
  private readonly recent: { readonly event: StoredEvent; readonly knownMs: number }[] = [];
  private revision = -1;
  private own = -1;
  /** The highest revision that is known to exist. */
  private needed = -1;
  /** When it was last known to its end. */
  private confirmedMs = -Infinity;
  /** The read that is under way, and the one that waits for its turn. */
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(
    private readonly stream: string,
    private readonly journal: Journal,
    private readonly timers: Timers,
  ) {}

  /** Is it known as it stood at that moment, or later? */
  isKnown(sinceMs: number): boolean {
    return this.confirmedMs >= sinceMs && this.revision >= this.needed;
  }

  get wasRead(): boolean {
    return this.confirmedMs > -Infinity;
  }

  /** All that the log held at that moment has come. */
  confirm(atMs: number): void {
    if (this.wasRead) this.confirmedMs = Math.max(this.confirmedMs, atMs);
  }

  /** An event came along the log. One that cannot be taken now is read when the kind is next asked for. */
  follow(stored: RawEvent): void {
    this.needed = Math.max(this.needed, stored.revision);
    if (stored.revision !== this.revision + 1) return;
    try {
      this.take(this.journal.decode(stored));
    } catch {
      // The read will say what is wrong with it, to whoever needs this kind.
    }
  }

  wrote(revision: number): void {
    this.own = Math.max(this.own, revision);
    this.needed = Math.max(this.needed, revision);
  }

  /** Reads on to the end. Who asks while a read is under way shares the next one: the present one may miss the last. */
  read(): Promise<void> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      const reading = this.readOn();
      this.running = reading.catch(() => undefined);
      return reading;
    });
    return this.next;
  }

  private async readOn(): Promise<void> {
    const beganMs = this.timers.now();
    for (const event of await this.journal.read(this.stream, this.revision + 1))
      if (event.revision === this.revision + 1) this.take(event); // the others came along the log meanwhile
    this.confirmedMs = Math.max(this.confirmedMs, beganMs);
  }

  private take(event: StoredEvent): void {
    this.all = evolved(this.all, event);
    this.revision = event.revision;
    this.recent.push({ event, knownMs: this.timers.now() });
  }

  /** What decides live at the present instant. */
  at(now: Instant): DefinitionState {
    for (let first = this.recent[0]; first && this.decides(first, now); first = this.recent[0]) {
      this.inForce = evolved(this.inForce, first.event);
      this.recent.shift();
    }
    return this.inForce;
  }

  private decides({ event, knownMs }: { event: StoredEvent; knownMs: number }, now: Instant): boolean {
    return (
      event.revision <= this.own ||
      event.recordedAt <= fromMs(toMs(now) - FORCE_MS) ||
      knownMs <= this.timers.now() - FORCE_MS // a clock behind that of the log holds nothing up for longer
    );
  }

  isSettled(now: Instant): boolean {
    this.at(now);
    return this.recent.length === 0;
  }
}

/**
 * Definitions as their own streams tell them: each is read once, and followed from there. While decisions are made the
 * end of the log is compared every second; where the follower was not there within two, the streams are read on before
 * they decide. So whoever decides knows what was recorded two seconds ago, and an agreement, which decides from five
 * seconds after it was recorded on, begins in all processes at one instant; the process that wrote it sees it at once.
 */
export class LogDefinitions extends DefinitionSource {
  private readonly kinds = new Map<string, Kind>();
  private readonly closing = new AbortController();
  private begun: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  /** Everything up to here has come. */
  private reached: Position = START;
  private comparing: Promise<void> | undefined;
  private comparedMs = -Infinity;
  /** Where the log ended when that was last asked. */
  private end: { readonly position: Position; readonly askedMs: number } | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly log: Pick<EventLog, 'follow' | 'tip' | 'availability'>,
    /** Every version of one kind, as the read model holds it: what is answered with where the log is away. */
    private readonly recorded: (kind: string) => Promise<readonly RecordedVersion[]>,
    private readonly timers: Timers = machineTimers,
    private readonly trustedMs: number = TRUSTED_MS,
  ) {
    super();
  }

  async forKinds(
    kinds: readonly string[],
    { decidingAt, fresh = false, answering = false }: NonNullable<Parameters<DefinitionSource['forKinds']>[1]> = {},
  ): Promise<DefinitionLookup> {
    const unread = () => kinds.filter((name) => !this.kind(name).wasRead);
    if (!answering || unread().length > 0 || this.log.availability().state === 'available')
      await this.bringUp(kinds, fresh).catch((error: unknown) => {
        if (!isTransient(error) || !answering) throw error;
      });
    const recorded = new Map<string, readonly RecordedVersion[]>();
    if (answering) for (const name of unread()) recorded.set(name, await this.recorded(name));
    const known = new Map(kinds.map((name) => [name, this.kind(name)]));
    return (name, at) => {
      const kind = known.get(name);
      if (!kind) return undefined;
      const all: readonly RecordedVersion[] = recorded.get(name) ?? kind.all.versions;
      // By its number something has begun under it, which is force enough.
      const version =
        typeof at === 'number'
          ? all.find(({ number }) => number === at)
          : inForceAt(decidingAt === undefined ? all : kind.at(decidingAt).versions, at);
      return version && { kind: name, version: version.number, ref: `${name}@${version.number}`, body: version.body };
    };
  }

  /** Lets this process see at once what went through it. @param revision of its last event */
  wrote(kind: string, revision: number): void {
    this.kind(kind).wrote(revision);
  }

  /** Waits, at most five seconds, until all that is recorded of a kind now decides here. */
  async settle(kind: string, clock: Clock): Promise<void> {
    await this.bringUp([kind], true);
    while (!this.kind(kind).isSettled(clock.now())) await this.timers.delay(50, this.closing.signal);
  }

  /** Follows no more. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.following;
  }

  private kind(name: string): Kind {
    let kind = this.kinds.get(name);
    if (!kind) this.kinds.set(name, (kind = new Kind(STREAMS + name, this.journal, this.timers)));
    return kind;
  }

  private async bringUp(names: readonly string[], fresh: boolean): Promise<void> {
    await (this.begun ??= this.begin());
    const nowMs = this.timers.now();
    const comparing = nowMs - this.comparedMs >= CONFIRM_MS ? this.compare() : this.comparing;
    const kinds = names.map((name) => this.kind(name));
    const isKnown = (kind: Kind) => !fresh && kind.isKnown(nowMs - this.trustedMs);
    if (kinds.every(isKnown)) return;
    if (!fresh && kinds.every(({ wasRead }) => wasRead)) await comparing;
    await Promise.all(kinds.map((kind) => (isKnown(kind) ? undefined : kind.read())));
  }

  /** From here on everything is followed; what came before is read when it is first asked for. */
  private async begin(): Promise<void> {
    try {
      this.reached = await this.log.tip();
    } catch (error) {
      this.begun = undefined;
      throw error;
    }
    this.following = this.follow();
  }

  private async follow(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        for await (const { events, position } of this.log.follow(this.reached, { types }, { signal })) {
          for (const event of events)
            if (event.stream.startsWith(STREAMS)) this.kinds.get(event.stream.slice(STREAMS.length))?.follow(event);
          this.reached = position;
          this.confirm();
        }
      } catch {
        // A log that is away confirms nothing: each decision then asks it itself, and says what it answers.
      }
      await this.timers.delay(CONFIRM_MS, signal).catch(() => undefined);
    }
  }

  /** Asks where the log ends; once all up to there has come, what is known is known to have been all. */
  private compare(): Promise<void> {
    const askedMs = this.timers.now();
    this.comparing ??= this.log
      .tip()
      .then(
        (position) => {
          this.comparedMs = askedMs;
          this.end = { position, askedMs };
          this.confirm();
        },
        () => undefined, // as in `follow`
      )
      .finally(() => (this.comparing = undefined));
    return this.comparing;
  }

  private confirm(): void {
    if (!this.end || this.reached < this.end.position) return;
    for (const kind of this.kinds.values()) kind.confirm(this.end.askedMs);
    this.end = undefined;
  }
}
