import { Conflict, START, type Documents, type Position } from '@baton/kernel';
import type { Timers } from '../timers';

/** How often the checkpoints of followers in other processes are read; followers of this process wake the waiters. */
const POLL_MS = 50;
/** Made once: an error of its own, with its stack, takes longer than the rest of a wait. */
const WOKEN = new Error('woken');

/**
 * The names of the followers to wait for, given the active generation of each read model. Waiters for the same
 * followers must pass the same function: it is called once for all of them.
 */
export type FollowerSelection = (actives: ReadonlyMap<string, string>) => readonly string[];

interface Waiter {
  readonly position: Position;
  readonly selection: FollowerSelection;
  readonly deadlineMs: number;
  readonly settle: (error?: unknown) => void;
}

/**
 * Callers that wait until followers have handled the log up to a position. One check serves all of them: it runs when a
 * follower of this process has advanced, and every `POLL_MS` for followers of other processes.
 */
export class PositionWaits {
  private readonly waiters = new Set<Waiter>();
  private polling: Promise<void> | undefined;
  private progressSignal = new AbortController();
  /** The positions of followers of other processes when last read; positions never go back. */
  private readonly remotePositions = new Map<string, Position>();

  /**
   * @param localPosition the position of a follower of this process; undefined for one that runs elsewhere or nowhere
   * @param onWait called when somebody begins to wait for those followers
   */
  constructor(
    private readonly documents: Pick<Documents, 'actives' | 'checkpoint'>,
    private readonly localPosition: (name: string) => Position | undefined,
    private readonly timers: Timers,
    private readonly onWait: (selection: FollowerSelection) => void = () => undefined,
  ) {}

  /** Whether somebody waits for other followers than these. */
  hasWaiters(except: FollowerSelection): boolean {
    for (const { selection } of this.waiters) if (selection !== except) return true;
    return false;
  }

  /** Call when a follower of this process has advanced. */
  wake(): void {
    this.progressSignal.abort(WOKEN);
  }

  /** The lowest position among the selected followers. */
  async slowestPosition(selection: FollowerSelection): Promise<Position> {
    return (await this.slowestOf(selection(await this.documents.actives()), undefined)) ?? START;
  }

  /**
   * Waits until all selected followers have handled everything up to a position.
   * @throws Conflict `read/too-far-behind` after `timeoutMs`; errors of the documents
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
      this.onWait(selection);
      this.progressSignal.abort(WOKEN); // a check that is already running does not cover this waiter
      this.polling ??= this.poll();
    });
  }

  private async poll(): Promise<void> {
    await Promise.resolve(); // callers of the same tick share one check
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
    const highest = waiting.reduce((max, { position }) => (position > max ? position : max), START);
    const lowest = new Map<FollowerSelection, Position | undefined>();
    for (const selection of new Set(waiting.map((waiter) => waiter.selection)))
      lowest.set(selection, await this.slowestOf(selection(actives), highest));
    const nowMs = this.timers.now();
    for (const { position, selection, deadlineMs, settle } of waiting)
      if ((lowest.get(selection) ?? position) >= position) settle();
      else if (nowMs > deadlineMs) settle(tooFarBehind());
  }

  /**
   * @param enough a follower known to have reached this position is not read again
   * @returns undefined if no follower is selected
   */
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
