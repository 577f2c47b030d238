import { fromMs, type Availability } from '@baton/kernel';

export const CALLS_AT_ONCE = 64;
const OUTAGE_WAIT_MS = 800; // so long a call that begins in an outage waits for its end; its caller hears within a second
const CLOSE_MS = 2_000;
const SHORTEST_PROBE_MS = 50; // between two probes, doubled up to the longest
const LONGEST_PROBE_MS = OUTAGE_WAIT_MS; // so that one falls within the wait of each call
const TICKS = 4;

/** What a link knows of the server behind it. */
export interface LinkOptions {
  /** Did the server not answer? Any other error is an answer. */
  readonly isOutage: (error: unknown) => boolean;
  /** What callers are told then; `closed`: the link was closed by its owner. */
  readonly unavailable: (closed: boolean) => Error;
  /** The lightest question there is; with a deadline of its own. */
  readonly probe: () => Promise<unknown>;
}

/**
 * The way of all calls to one server. At most 64 are under way, the others wait their turn; a call's deadlines begin
 * when it is sent. The first call that is not answered makes the link unavailable for all; then only probes are sent,
 * and whoever calls waits less than a second for the end of the outage. Nothing here listens to a signal or lasts longer
 * than its deadline.
 */
export class Link {
  private freeSlots = CALLS_AT_ONCE;
  /** Calls that wait for a place; `true`: they have it. */
  private readonly queue: ((placed: boolean) => void)[] = [];
  /** Calls that wait for the end of an outage. */
  private readonly awaitingRecovery = new Set<() => void>();
  private outage: Availability | undefined;
  private failures = 0;
  private probing: NodeJS.Timeout | undefined;
  private closed = false;
  private ending: Promise<void> | undefined;

  constructor(private readonly options: LinkOptions) {}

  /** `available` until a call finds otherwise. */
  availability(): Availability {
    return this.outage ?? { state: 'available' };
  }

  /**
   * Makes a call once.
   * @throws what `unavailable` makes where the server does not answer; other errors of the call as they are
   */
  async call<T>(call: () => Promise<T>): Promise<T> {
    await this.acquireSlot();
    try {
      return await this.track(call);
    } catch (error) {
      throw this.options.isOutage(error) ? this.options.unavailable(this.closed) : error;
    }
  }

  /**
   * Makes a call, and again through an outage that begins while it is under way.
   * @param call gets how many milliseconds it may wait for the server
   * @param totalMs from the first attempt on, with all repetitions; @param callMs of one attempt at most
   * @throws what `unavailable` makes when the time is over; other errors of the call as they are
   */
  async callWithRetries<T>(
    call: (ms: number) => Promise<T>,
    { callMs, totalMs }: { readonly callMs: number; readonly totalMs: number },
  ): Promise<T> {
    await this.acquireSlot(() => Math.min(OUTAGE_WAIT_MS, totalMs));
    const end = performance.now() + totalMs;
    for (let ms = callMs; ;) {
      try {
        return await this.track(() => call(ms));
      } catch (error) {
        if (!this.options.isOutage(error)) throw error;
      }
      await this.acquireSlot(() => end - performance.now(), true);
      ms = Math.min(callMs, end - performance.now());
      if (ms < callMs / TICKS) {
        this.releaseSlot(); // too short for any answer
        throw this.options.unavailable(this.closed);
      }
    }
  }

  /** For what does not go through the window (a subscription): the server went away. Probes find out when it is back. */
  markUnavailable(): void {
    if (this.closed || this.outage) return;
    this.outage = { state: 'unavailable', since: fromMs(Date.now()) };
    for (const wake of this.queue.splice(0)) wake(false);
    this.probeLater();
  }

  /**
   * Ends the link: whoever waits is told so, and `end` gets two seconds.
   * @param end closes what belongs to the driver; its own faults no longer matter
   */
  close(end: () => Promise<unknown>): Promise<void> {
    return (this.ending ??= this.shutDown(end));
  }

  private async shutDown(end: () => Promise<unknown>): Promise<void> {
    this.closed = true;
    clearTimeout(this.probing);
    for (const wake of this.queue.splice(0)) wake(false);
    for (const wake of [...this.awaitingRecovery]) wake();
    await withDeadline(end(), CLOSE_MS, () => this.options.unavailable(true)).catch(() => undefined);
  }

  /**
   * Resolves with a place in the window.
   * @param patience milliseconds for an outage to end, asked for as one begins; the wait for a place is no part of it
   * @param again the call was sent before: it takes the next place, because its time runs
   */
  private async acquireSlot(patience = () => OUTAGE_WAIT_MS, again = false): Promise<void> {
    for (;;) {
      if (this.closed) throw this.options.unavailable(true);
      if (this.outage) {
        if (!(await this.waitForRecovery(patience()))) throw this.options.unavailable(this.closed);
      } else if (this.freeSlots > 0) {
        this.freeSlots--;
        return;
      } else if (await new Promise<boolean>((resolve) => this.queue[again ? 'unshift' : 'push'](resolve))) return;
    }
  }

  private async track<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.failures = 0;
      return answer;
    } catch (error) {
      if (this.options.isOutage(error)) this.markUnavailable();
      throw error;
    } finally {
      this.releaseSlot();
    }
  }

  private releaseSlot(): void {
    const next = this.queue.shift();
    if (next) next(true);
    else this.freeSlots++;
  }

  /** @returns false when the outage goes on after all that time */
  private waitForRecovery(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = () => settle(true);
      const settle = (over: boolean) => {
        patience.end();
        this.awaitingRecovery.delete(wake);
        resolve(over);
      };
      const patience = watchSilence(Math.max(TICKS, ms), () => settle(false));
      this.awaitingRecovery.add(wake);
    });
  }

  private probeLater(): void {
    const pause = backOffMs(this.failures++, SHORTEST_PROBE_MS, LONGEST_PROBE_MS);
    this.probing = setTimeout(() => void this.probe(), pause).unref();
  }

  private async probe(): Promise<void> {
    try {
      await this.options.probe();
    } catch (error) {
      if (this.closed) return;
      if (this.options.isOutage(error)) return this.probeLater();
    }
    this.outage = undefined;
    for (const wake of [...this.awaitingRecovery]) wake();
  }
}

/**
 * Milliseconds before the next attempt: doubled for each that failed, from the shortest up to the longest. Up to half of
 * it is left out at random, so that the processes of one outage spread out.
 */
export const backOffMs = (failures: number, shortest: number, longest: number): number =>
  Math.min(longest, shortest * 2 ** failures) * (0.5 + Math.random() / 2);

/**
 * Watches for silence. It is counted in ticks, so that a process that had no time to listen for a while is not taken
 * for a server that says nothing.
 * @param ms of silence after which `silent` is called, once; @returns what to call at each sign of life, and at the end
 */
export const watchSilence = (
  ms: number,
  silent: () => void,
): { readonly heard: () => void; readonly end: () => void } => {
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks < TICKS) return;
    clearInterval(timer);
    silent();
  }, ms / TICKS);
  return { heard: () => void (ticks = 0), end: () => clearInterval(timer) };
};

/**
 * Gives up on an answer.
 * @param ms after which it is given up, counted as silence is
 * @param late what is thrown then; what the answer becomes later is ignored
 */
export const withDeadline = async <T>(answer: Promise<T>, ms: number, late: () => Error): Promise<T> => {
  let end = () => {};
  const silence = new Promise<never>((_, reject) => {
    end = watchSilence(ms, () => reject(late())).end;
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    end();
  }
};
