import { Conflict, isTransient, type BatonError } from '@baton/kernel';
import { machineTimers, type Timers } from '@baton/platform/runner';

/** Between two attempts. The link to a server looks for it more often; a call that comes meanwhile waits there. */
const PAUSE_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * Waits through outages: a call that a store did not answer is made again until it is answered, or the outage has lasted
 * too long. Calls that fail side by side are one outage. Only for calls that may be repeated.
 */
export class OutageRetry {
  /** Of the outage that goes on. */
  private since: number | undefined;

  /**
   * @param limitMinutes how long one outage may last; 0: not at all
   * @param tell         takes a sentence when an outage begins, and one when it is over
   */
  constructor(
    private readonly limitMinutes: number,
    private readonly tell: (sentence: string) => void,
    private readonly timers: Timers = machineTimers,
  ) {}

  /**
   * @returns what the call answers in the end
   * @throws Conflict `import/outage` when an outage outlasts the limit; other errors of the call as they are
   */
  async through<T>(call: () => Promise<T>): Promise<T> {
    for (let failed = false; ;) {
      try {
        const answer = await call();
        if (failed) this.over(); // others may be answered in an outage, from what is in memory
        return answer;
      } catch (error) {
        if (!isTransient(error)) throw error;
        failed = true;
        this.goesOn(error as BatonError);
        await this.timers.delay(PAUSE_MS);
      }
    }
  }

  private goesOn({ code, message }: BatonError): void {
    const now = this.timers.now();
    if (this.since === undefined && this.limitMinutes > 0)
      this.tell(
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
    this.tell(`The import continues after an outage of ${seconds} s.`);
  }
}

const minutes = (count: number): string => (count === 1 ? 'a minute' : `${count} minutes`);
