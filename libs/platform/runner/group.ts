import { isAccessStream, type EventLog, type Journal, type Page } from '@baton/kernel';
import type { Follower } from './fold';
import { DecodedPage } from './page';
import type { Timers } from '../timers';

/** Reads the next page while the current one is handled. */
export async function* readAhead(pages: AsyncIterable<Page>): AsyncIterable<Page> {
  const iterator = pages[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      next.catch(() => undefined); // awaited in the next round, or dropped when the reader leaves
      yield value;
    }
  } finally {
    void iterator.return?.();
  }
}

/** Wraps the handling of each page, for metrics and traces: must call `take` once and let its errors through. */
export type AroundPage = (follower: string, events: number, take: () => Promise<void>) => Promise<void>;

const IDLE_MS = 100;
/** Who wants to see what is folded: somebody who waits for it, whoever reads next, or nobody before an import asks. */
export type Audience = 'waiting' | 'reading' | 'none';
/**
 * How long changes stay unsaved. To save takes longer than to fold, and a hundred events little longer than one: those of a
 * moment are saved together. What an import folds, or who is far behind, mostly changes again at once.
 */
const UNSAVED_MS: Readonly<Record<Audience, number>> = { waiting: 0, reading: 100, none: 3_000 };
/**
 * How long checkpoints alone stay unsaved while nothing but reads is recorded. There may be another one with each query,
 * and few followers do anything with them: after a crash they are read once more.
 */
const READS_DEFERRED_MS = 10_000;
/** Made once: an error of its own, with its stack, takes longer than the rest of a wait. */
const ENDED = new Error('a page came, or somebody waits');

/**
 * The pages, and a `pause` where none came for a while.
 * @param pauseMs how long from now; undefined: for ever
 * @param onWait called before each such wait with what ends it
 */
async function* withPauses(
  pages: AsyncIterable<Page>,
  timers: Timers,
  pauseMs: () => number | undefined,
  onWait: (end: () => void) => void,
): AsyncIterable<Page | 'pause'> {
  const iterator = pages[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ;) {
      const ms = pauseMs();
      const waiting = new AbortController();
      const end = () => waiting.abort(ENDED);
      const pause = () => 'pause' as const;
      const idle = ms === undefined ? undefined : timers.delay(ms, waiting.signal).then(pause, pause);
      if (idle) onWait(end);
      const got = await (idle ? Promise.race([next, idle]) : next);
      if (got === 'pause') {
        yield got;
        continue;
      }
      end();
      if (got.done) return;
      next = iterator.next();
      next.catch(() => undefined);
      yield got.value;
    }
  } finally {
    void iterator.return?.();
  }
}

const earliestPosition = (followers: readonly Follower[]): string =>
  followers.reduce((first, { position }) => (position < first ? position : first), followers[0]!.position);

/**
 * Followers that share one read of the log. What they change at its end is saved at once if somebody waits for it or reads,
 * else together with what changes in the next tenth of a second. When a store fails, the read ends and starts again after
 * a pause, from the earliest saved position; followers that were further skip what they have already handled.
 */
export class FollowerGroup {
  followers: readonly Follower[] = [];
  private stopped = false;
  private round = new AbortController();
  private running: Promise<void> | undefined;
  private endWait: (() => void) | undefined;
  /** Readers do not see all that was handled of the end of the log. */
  private hasChanges = false;
  private readers: (() => void)[] = [];

  constructor(
    private readonly log: EventLog,
    private readonly journal: Journal,
    /** Opens the followers whose leases this process holds, at their checkpoints. */
    private readonly open: () => Promise<readonly Follower[]>,
    /** @param onlyReads nothing else was recorded: nothing that holds of a subject has changed */
    private readonly onProgress: (onlyReads: boolean) => void,
    private readonly onFault: (error: unknown) => void,
    private readonly aroundPage: AroundPage = (_follower, _events, take) => take(),
    private readonly timers: Timers,
    /** Of what is folded now, beside those who call `saveChanges`; whoever begins to wait also calls `wake`. */
    private readonly audience: () => Audience,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Looks again how long changes stay unsaved: somebody begins to wait for them. */
  wake(): void {
    this.endWait?.();
  }

  /** Resolves once what was handled of the end of the log is saved, or cannot be. */
  saveChanges(): Promise<void> {
    if (!this.hasChanges) return Promise.resolve();
    return new Promise((resolve) => {
      this.readers.push(resolve);
      this.wake();
    });
  }

  /** Opens the followers again, because a lease or an active generation changed. */
  refresh(): void {
    this.round.abort();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.round.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let pause = 50;
    while (!this.stopped) {
      this.round = new AbortController();
      const { signal } = this.round;
      try {
        this.followers = await this.open();
        this.onProgress(false);
        if (this.followers.length === 0) {
          await this.timers.delay(60_000, signal).catch(() => undefined);
          continue;
        }
        const pages = readAhead(this.log.follow(earliestPosition(this.followers), {}, { signal, limit: 2000 }));
        let savedAt = this.timers.now();
        let changesSavedAt = -Infinity;
        /** When the last page came that is not saved yet, if only as a checkpoint. */
        let pageAt: number | undefined;
        let onlyReads = true;
        const unsavedMs = () => UNSAVED_MS[this.readers.length > 0 ? 'waiting' : this.audience()];
        /** How long until something is to be saved. */
        const pauseMs = () => {
          if (pageAt === undefined) return undefined;
          const deferMs = onlyReads ? READS_DEFERRED_MS : this.audience() === 'none' ? UNSAVED_MS.none : 0;
          const allAt = Math.max(pageAt + IDLE_MS, savedAt + deferMs);
          const dueAt = this.hasChanges ? Math.min(allAt, changesSavedAt + unsavedMs()) : allAt;
          return Math.max(0, dueAt - this.timers.now());
        };
        const save = async () => {
          for (const follower of this.followers) await follower.saveChanges();
          changesSavedAt = this.timers.now();
          this.release();
        };
        const onWait = (end: () => void) => void (this.endWait = end);
        for await (const page of withPauses(pages, this.timers, pauseMs, onWait)) {
          if (page === 'pause') {
            if (this.hasChanges && this.timers.now() - changesSavedAt >= unsavedMs()) await save();
            else if (pauseMs() === 0) {
              for (const follower of this.followers) await follower.flush();
              savedAt = this.timers.now();
              pageAt = undefined;
              this.release();
            } else continue; // woken by somebody who waits for what is saved, or has not come yet
            this.onProgress(onlyReads);
            if (pageAt === undefined) onlyReads = true;
            continue;
          }
          onlyReads &&= page.events.every(({ stream }) => isAccessStream(stream));
          const decoded = new DecodedPage(page, this.journal);
          for (const follower of this.followers)
            await this.aroundPage(follower.name, page.events.length, () => follower.take(decoded));
          pageAt = this.timers.now();
          if (page.atTip) this.hasChanges = true;
          else this.release(); // nobody waits for the rest of the log
          if (pageAt - changesSavedAt >= (page.atTip ? unsavedMs() : UNSAVED_MS.none)) await save();
          pause = 50;
          this.onProgress(onlyReads);
          if (signal.aborted) break;
        }
        for (const follower of this.followers) await follower.flush();
        this.release();
      } catch (error) {
        this.onFault(error);
        this.release();
        await this.timers.delay(pause, signal).catch(() => undefined);
        pause = Math.min(pause * 2, 5000);
      }
    }
    this.followers = [];
  }

  private release(): void {
    this.hasChanges = false;
    for (const resolve of this.readers.splice(0)) resolve();
  }
}
