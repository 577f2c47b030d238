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
/** How long an import leaves what it has folded unsaved: most of it changes again at once. */
const DEFERRED_MS = 3_000;
/**
 * How long checkpoints alone stay unsaved while nothing but reads is recorded. There may be another one with each query,
 * and few followers do anything with them: after a crash they are read once more.
 */
const READS_DEFERRED_MS = 10_000;

/** The pages, and a `pause` when no page followed one for a moment; another one while `again` says so. */
async function* withPauses(
  pages: AsyncIterable<Page>,
  timers: Timers,
  again: () => boolean,
): AsyncIterable<Page | 'pause'> {
  const iterator = pages[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(), hasPaused = true; ;) {
      const waiting = new AbortController();
      const idle = hasPaused ? undefined : timers.delay(IDLE_MS, waiting.signal).then(() => 'pause' as const);
      idle?.catch(() => undefined);
      const got = await (idle ? Promise.race([next, idle]) : next);
      waiting.abort();
      if (got === 'pause') {
        yield got;
        hasPaused = !again();
        continue;
      }
      if (got.done) return;
      hasPaused = false;
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
    private readonly onProgress: () => void,
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
        this.onProgress();
        if (this.followers.length === 0) {
          await this.timers.delay(60_000, signal).catch(() => undefined);
          continue;
        }
        const pages = readAhead(this.log.follow(earliestPosition(this.followers), {}, { signal, limit: 2000 }));
        let savedAt = this.timers.now();
        let deferred = false;
        let onlyReads = true;
        for await (const page of withPauses(pages, this.timers, () => deferred)) {
          if (page === 'pause') {
            const deferMs = onlyReads ? READS_DEFERRED_MS : this.mayDefer() ? DEFERRED_MS : 0;
            deferred = this.timers.now() - savedAt < deferMs;
            if (deferred) continue;
            for (const follower of this.followers) await follower.flush();
            savedAt = this.timers.now();
            onlyReads = true;
            this.onProgress();
            continue;
          }
          onlyReads &&= page.events.every(({ stream }) => isAccessStream(stream));
          const decoded = new DecodedPage(page, this.journal);
          for (const follower of this.followers)
            await this.aroundPage(follower.name, page.events.length, () => follower.take(decoded));
          pause = 50;
          this.onProgress();
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
