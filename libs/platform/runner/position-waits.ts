import { Conflict, START, type Documents, type Position } from '@baton/kernel';
import type { Timers } from './timers';

/** Followers that run in another process are looked for so often; those of this process wake whoever waits. */
const POLL_MS = 50;

/**
 * Which followers are meant, by their names, given the generation in use of each read model. Those who wait for the
 * same followers share one function: it is asked once for all of them.
 */
export type FollowerSelection = (actives: ReadonlyMap<string, string>) => readonly string[];

interface Waiter {
  readonly position: Position;
  readonly selection: FollowerSelection;
  readonly deadlineMs: number;
  readonly settle: (error?: unknown) => void;
}

/**
 * Those who wait until followers have handled the log up to a position. However many they are, there is one look at the
 * followers for all of them: when one of this process has moved on, and now and then for those that run elsewhere.
 */
export class PositionWaits {
  private readonly waiters = new Set<Waiter>();
  private polling: Promise<void> | undefined;
  private progressSignal = new AbortController();
  /** How far the followers of other processes were when last looked for; nobody goes back. */
  private readonly remotePositions = new Map<string, Position>();

  /** @param localPosition how far a follower of this process is; undefined for one that runs elsewhere, or nowhere */
  constructor(
    private readonly documents: Pick<Documents, 'actives' | 'checkpoint'>,
    private readonly localPosition: (name: string) => Position | undefined,
    private readonly timers: Timers,
  ) {}

  /** A follower of this process has moved on. */
  wake(): void {
    this.progressSignal.abort();
  }

  /** How far the one of them is that has come least far. */
  async slowestPosition(selection: FollowerSelection): Promise<Position> {
    return (await this.slowestOf(selection(await this.documents.actives()), undefined)) ?? START;
  }

  /**
   * Waits until all that are meant have handled everything up to a position.
   * @throws Conflict `read/too-far-behind` after `timeoutMs`; what the documents throw
   */
  waitUntil(position: Position, selection: FollowerSelection, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        position,
        selection,
        deadlineMs: this.timers.now() + timeoutMs,
        settle: (error) => {
          this.waiters.delete(waiter);
          if (error === undefined) resolve();
          else reject(error as Error);
        },
      };
      this.waiters.add(waiter);
      this.progressSignal.abort(); // a look that has begun does not count for whoever came later
      this.polling ??= this.poll();
    });
  }

  private async poll(): Promise<void> {
    await Promise.resolve(); // whoever comes at the same time is looked after at the same time
    while (this.waiters.size > 0) {
      this.progressSignal = new AbortController();
      const { signal } = this.progressSignal;
      const waiting = [...this.waiters];
      try {
        await this.settleWaiters(waiting);
      } catch (error) {
        for (const { settle } of waiting) settle(error);
      }
      if (this.waiters.size > 0) await this.timers.delay(POLL_MS, signal).catch(() => undefined);
    }
    this.remotePositions.clear();
    this.polling = undefined;
  }

  private async settleWaiters(waiting: readonly Waiter[]): Promise<void> {
    const actives = await this.documents.actives();
    const farthest = waiting.reduce((far, { position }) => (position > far ? position : far), START);
    const least = new Map<FollowerSelection, Position | undefined>();
    for (const selection of new Set(waiting.map((waiter) => waiter.selection)))
      least.set(selection, await this.slowestOf(selection(actives), farthest));
    const nowMs = this.timers.now();
    for (const { position, selection, deadlineMs, settle } of waiting)
      if ((least.get(selection) ?? position) >= position) settle();
      else if (nowMs > deadlineMs) settle(tooFarBehind());
  }

  /** @param enough a follower that is known to be there is not looked for again; @returns undefined where nobody is meant */
  private async slowestOf(names: readonly string[], enough: Position | undefined): Promise<Position | undefined> {
    const handled = await Promise.all(
      names.map(async (name) => {
        const here = this.localPosition(name);
        if (here !== undefined) return here;
        const known = this.remotePositions.get(name);
        if (known !== undefined && enough !== undefined && known >= enough) return known;
        const position = (await this.documents.checkpoint(name))?.position ?? START;
        if (enough !== undefined) this.remotePositions.set(name, position);
        return position;
      }),
    );
    return handled.reduce((first, position) => (position < first! ? position : first), handled[0]);
  }
}

const tooFarBehind = () =>
  new Conflict(
    'read/too-far-behind',
    'The read models have not reached the position atLeast yet; try again.',
    'atLeast',
  );
