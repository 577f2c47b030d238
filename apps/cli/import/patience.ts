import { Conflict, isTransient, type BatonError } from '@baton/kernel';
import { machineTimers, type Timers } from '@baton/platform/timers';

/** Pause between two attempts. The connection to a server retries more often; a call made meanwhile waits there. */
const PAUSE_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * Retries calls during an outage of the stores until they succeed or the outage lasts too long. Calls that fail in
 * parallel count as one outage. Only for calls that are safe to repeat.
 */
export class OutageRetry {
  /** State of the current outage. */
  private since: number | undefined;

  /**
   * @param limitMinutes how long one outage may last; 0: no waiting
   * @param report         receives a sentence when an outage begins and when it ends
   */
  constructor(
    private readonly limitMinutes: number,
    private readonly report: (sentence: string) => void,
    private readonly timers: Timers = machineTimers,
  ) {}

  /**
   * @returns the result of the first call that succeeds
   * @throws Conflict `import/outage` when an outage exceeds the limit; other errors of the call unchanged
   */
  async through<T>(call: () => Promise<T>): Promise<T> {
    for (let failed = false; ;) {
      try {
        const answer = await call();
        if (failed) this.over(); // other calls may be answered from memory during an outage
        return answer;
      } catch (error) {
        if (!isTransient(error)) throw error;
        failed = true;
        this.continueWaiting(error as BatonError);
        await this.timers.delay(PAUSE_MS);
      }
    }
  }

  private continueWaiting({ code, message }: BatonError): void {
    const now = this.timers.now();
    if (this.since === undefined && this.limitMinutes > 0)
      this.report(
        `${code}: ${message} The import waits up to ${minutes(this.limitMinutes)} and then continues by itself.`,
      );
    this.since ??= now;
    if (now - this.since >= this.limitMinutes * MINUTE_MS)
      throw new Conflict(
        'import/outage',
        `Stopped${this.limitMinutes > 0 ? ` after ${minutes(this.limitMinutes)} of waiting` : ''}: ${code}, ${message}`,
      );
  }

  private over(): void {
    if (this.since === undefined) return;
    const seconds = Math.round((this.timers.now() - this.since) / 1000);
    this.since = undefined;
    this.report(`The import continues after an outage of ${seconds} s.`);
  }
}

const minutes = (count: number): string => (count === 1 ? 'a minute' : `${count} minutes`);
