import { isAccessStream, type EventLog, type Journal, type Page } from '@baton/kernel';
import type { Follower } from './fold';
import { DecodedPage } from './page';
import { machineTimers, type Timers } from '../timers';

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
/** Made once: an error of its own, with its stack, takes longer than the rest of a wait. */
const PAGE_CAME = new Error('a page came');
/** How long an import leaves what it has folded unsaved: most of it changes again at once. */
const DEFERRED_MS = 3_000;
/**
 * How long checkpoints alone stay unsaved while nothing but reads is recorded. There may be another one with each query,
 * and few followers do anything with them: after a crash they are read once more.
 */
const READS_DEFERRED_MS = 10_000;

/** The pages, and a `pause` when no page followed one for a moment; another one after what `pauseAgainMs` says. */
async function* withPauses(
  pages: AsyncIterable<Page>,
  timers: Timers,
  pauseAgainMs: () => number | undefined,
): AsyncIterable<Page | 'pause'> {
  const iterator = pages[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(), pauseMs: number | undefined; ;) {
      const waiting = new AbortController();
      const idle =
        pauseMs === undefined ? undefined : timers.delay(pauseMs, waiting.signal).then(() => 'pause' as const);
      idle?.catch(() => undefined);
      const got = await (idle ? Promise.race([next, idle]) : next);
      if (idle && got !== 'pause') waiting.abort(PAGE_CAME);
      if (got === 'pause') {
        yield got;
        pauseMs = pauseAgainMs();
        continue;
      }
      if (got.done) return;
      pauseMs = IDLE_MS;
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
 * Followers that share one read of the log. When a store fails, the read ends and starts again after a pause, from the
 * earliest saved position; followers that were further skip what they have already handled.
 */
export class FollowerGroup {
  followers: readonly Follower[] = [];
  private stopped = false;
  private round = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly journal: Journal,
    /** Opens the followers whose leases this process holds, at their checkpoints. */
    private readonly open: () => Promise<readonly Follower[]>,
    /** @param onlyReads nothing else was recorded: nothing that holds of a subject has changed */
    private readonly onProgress: (onlyReads: boolean) => void,
    private readonly onFault: (error: unknown) => void,
    private readonly aroundPage: AroundPage = (_follower, _events, take) => take(),
    private readonly timers: Timers = machineTimers,
    /** Whether nobody waits for what is folded now. */
    private readonly mayDefer: () => boolean = () => false,
  ) {}

  start(): void {
    this.running = this.run();
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
        let deferredMs: number | undefined;
        let onlyReads = true;
        for await (const page of withPauses(pages, this.timers, () => deferredMs)) {
          if (page === 'pause') {
            const deferMs = onlyReads ? READS_DEFERRED_MS : this.mayDefer() ? DEFERRED_MS : 0;
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
          pause = 50;
          this.onProgress(isReads);
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
