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
/** Made once: an error of its own, with its stack, takes longer than the rest of a wait. */
const [PAGE_CAME, AWAITED] = [new Error('a page came'), new Error('somebody waits')];
/**
 * How long checkpoints alone stay unsaved while nothing but reads is recorded. There may be another one with each query,
 * and few followers do anything with them: after a crash they are read once more.
 */
const READS_DEFERRED_MS = 10_000;

/**
 * The pages, and a `pause` when no page followed one for a moment; another one after what `pauseAgainMs` says.
 * @param onWait called before a wait for the next page that a pause would end, with what ends it at once as `awaited`
 */
async function* withPauses(
  pages: AsyncIterable<Page>,
  timers: Timers,
  pauseAgainMs: () => number | undefined,
  onWait: (end: () => void) => void,
): AsyncIterable<Page | 'pause' | 'awaited'> {
  const iterator = pages[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(), pauseAtMs: number | undefined; ;) {
      const waiting = new AbortController();
      const end = () => waiting.abort(AWAITED);
      const idle =
        pauseAtMs === undefined
          ? undefined
          : timers.delay(Math.max(0, pauseAtMs - timers.now()), waiting.signal).then(
              () => 'pause' as const,
              () => 'awaited' as const,
            );
      if (idle) onWait(end);
      const got = await (idle ? Promise.race([next, idle]) : next);
      if (got === 'pause' || got === 'awaited') {
        yield got;
        if (got === 'awaited') continue;
        const pauseMs = pauseAgainMs();
        pauseAtMs = pauseMs === undefined ? undefined : timers.now() + pauseMs;
        continue;
      }
      if (idle) waiting.abort(PAGE_CAME);
      if (got.done) return;
      pauseAtMs = timers.now() + IDLE_MS;
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
 * Followers that share one read of the log. What they change at its end is saved at once if somebody waits for it, else
 * together with what changes in the next tenth of a second. When a store fails, the read ends and starts again after a
 * pause, from the earliest saved position; followers that were further skip what they have already handled.
 */
export class FollowerGroup {
  followers: readonly Follower[] = [];
  private stopped = false;
  private round = new AbortController();
  private running: Promise<void> | undefined;
  private endWait: (() => void) | undefined;

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
    /** Of what is folded now; whoever begins to wait also calls `wake`. */
    private readonly audience: () => Audience,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Saves what is folded if nothing else is to be done: somebody begins to wait for it. */
  wake(): void {
    this.endWait?.();
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
        let deferredMs: number | undefined;
        let onlyReads = true;
        const saveChanges = async () => {
          for (const follower of this.followers) await follower.saveChanges();
          changesSavedAt = this.timers.now();
        };
        const onWait = (end: () => void) => void (this.endWait = end);
        for await (const page of withPauses(pages, this.timers, () => deferredMs, onWait)) {
          if (page === 'awaited') {
            await saveChanges();
            this.onProgress(onlyReads);
            continue;
          }
          if (page === 'pause') {
            const deferMs = onlyReads ? READS_DEFERRED_MS : this.audience() === 'none' ? UNSAVED_MS.none : 0;
            const leftMs = savedAt + deferMs - this.timers.now();
            // Somebody may begin to wait for what an import defers.
            deferredMs = leftMs <= 0 ? undefined : onlyReads ? leftMs : IDLE_MS;
            if (deferredMs !== undefined) continue;
            for (const follower of this.followers) await follower.flush();
            savedAt = this.timers.now();
            this.onProgress(onlyReads);
            onlyReads = true;
            continue;
          }
          const isReads = page.events.every(({ stream }) => isAccessStream(stream));
          onlyReads &&= isReads;
          const decoded = new DecodedPage(page, this.journal);
          for (const follower of this.followers)
            await this.aroundPage(follower.name, page.events.length, () => follower.take(decoded));
          const unsavedMs = UNSAVED_MS[page.atTip ? this.audience() : 'none'];
          if (this.timers.now() - changesSavedAt >= unsavedMs) await saveChanges();
          pause = 50;
          this.onProgress(onlyReads);
          if (signal.aborted) break;
        }
        for (const follower of this.followers) await follower.flush();
      } catch (error) {
        this.onFault(error);
        await this.timers.delay(pause, signal).catch(() => undefined);
        pause = Math.min(pause * 2, 5000);
      }
    }
    this.followers = [];
  }
}
