import type { Timers } from '@baton/platform/timers';

/** Lets everything run that waits for no timer. */
export const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A timer that only the test moves; a delay resolves when its time has come. */
export class ManualTimers implements Timers {
  private ms = 0;
  private waiting: { readonly dueMs: number; readonly wake: () => void }[] = [];
  now() {
    return this.ms;
  }
  delay(ms: number, signal?: AbortSignal) {
    return new Promise<void>((resolve, reject) => {
      const stop = () => reject(signal!.reason as Error);
      const wake = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      this.waiting.push({ dueMs: this.ms + ms, wake });
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    });
  }
  /** Moves the time and lets no timer run. */
  elapse(ms: number) {
    this.ms += ms;
  }
  /** Moves the time while the event loop is held up, then lets the timers run that are due: the earliest first. */
  async hold(ms: number) {
    this.elapse(ms);
    const due = this.waiting.filter(({ dueMs }) => dueMs <= this.ms).sort((a, b) => a.dueMs - b.dueMs);
    this.waiting = this.waiting.filter(({ dueMs }) => dueMs > this.ms);
    for (const { wake } of due) {
      wake();
      await turns(5);
    }
  }
  /** Moves the time in small steps, so that each delay resolves at its time. */
  async pass(ms: number) {
    for (const end = this.ms + ms; this.ms < end;) {
      this.ms = Math.min(end, this.ms + 100);
      for (const one of this.waiting.splice(0)) {
        if (one.dueMs <= this.ms) one.wake();
        else this.waiting.push(one);
      }
      await turns(5);
    }
  }
}
