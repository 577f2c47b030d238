import { fromMs, type Availability } from '@baton/kernel';

export const CALLS_AT_ONCE = 64;
/** How long a call that begins in an outage waits for its end, so that callers get an answer within a second. */
const OUTAGE_WAIT_MS = 800;
const CLOSE_MS = 2_000;
const SHORTEST_PROBE_MS = 50; // between two probes; doubled up to the longest
const LONGEST_PROBE_MS = OUTAGE_WAIT_MS; // so that at least one probe is sent during each wait
const TICKS = 4;

/** How a link uses its server. */
export interface LinkOptions {
  /** Whether an error means that the server did not answer. Any other error is an answer. */
  readonly isOutage: (error: unknown) => boolean;
  /** The error for callers in an outage; `closed`: the link was closed by its owner. */
  readonly unavailable: (closed: boolean) => Error;
  /** The cheapest call to the server, with a deadline of its own. */
  readonly probe: () => Promise<unknown>;
}

/**
 * All calls of a process to one server. At most 64 run at once and the others wait; the deadlines of a call start when
 * it is sent. The first call without an answer makes the link unavailable for all. From then on only probes are sent,
 * and new calls wait less than a second for the end of the outage. Calls take no abort signal: each ends at its
 * deadline.
 */
export class Link {
  private freeSlots = CALLS_AT_ONCE;
  /** Calls that wait for a slot; called with `true` when they have it. */
  private readonly queue: ((hasSlot: boolean) => void)[] = [];
  /** Calls that wait for the end of an outage. */
  private readonly awaitingRecovery = new Set<() => void>();
  private outage: Availability | undefined;
  private failures = 0;
  private probing: NodeJS.Timeout | undefined;
  private closed = false;
  private ending: Promise<void> | undefined;

  constructor(private readonly options: LinkOptions) {}

  /** `available` until a call fails with an outage. */
  availability(): Availability {
    return this.outage ?? { state: 'available' };
  }

  /**
   * Sends a call once.
   * @throws the error of `unavailable` if the server does not answer; other errors of the call as they are
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
   * Sends a call, and sends it again if an outage begins while it runs.
   * @param call gets its deadline in milliseconds
   * @param callMs deadline of one attempt
   * @param totalMs deadline of all attempts together, from the first one on
   * @throws the error of `unavailable` after that time; other errors of the call as they are
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
        this.releaseSlot(); // too little time for an answer
        throw this.options.unavailable(this.closed);
      }
    }
  }

  /** Reports an outage that was found outside of a call, by a subscription. Probes detect its end. */
  markUnavailable(): void {
    if (this.closed || this.outage) return;
    this.outage = { state: 'unavailable', since: fromMs(Date.now()) };
    for (const wake of this.queue.splice(0)) wake(false);
    this.probeLater();
  }

  /**
   * Closes the link: waiting calls fail, and `end` gets two seconds.
   * @param end closes the driver; its errors are ignored
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
   * Waits for a slot.
   * @param patience how long to wait for the end of an outage, in milliseconds; called when one begins, so that the
   *   wait for a slot does not count
   * @param again whether the call was sent before: it then gets the next slot, because its deadline is running
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

  /** @returns false if the outage lasts longer */
  private waitForRecovery(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = () => settle(true);
      const settle = (recovered: boolean) => {
        patience.end();
        this.awaitingRecovery.delete(wake);
        resolve(recovered);
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
 * Detects silence of a server. It is counted in ticks of a timer, so that a process whose event loop was blocked does
 * not mistake that for a silent server.
 * @param ms of silence after which `onSilence` is called, once
 * @returns `heard`, to call for each answer, and `end`
 */
export const watchSilence = (
  ms: number,
  onSilence: () => void,
): { readonly heard: () => void; readonly end: () => void } => {
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks < TICKS) return;
    clearInterval(timer);
    onSilence();
  }, ms / TICKS);
  return { heard: () => void (ticks = 0), end: () => clearInterval(timer) };
};

/**
 * Waits for an answer with a deadline.
 * @param ms counted as by `watchSilence`
 * @param late makes the error that is thrown then; the late answer is ignored
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
