import { setTimeout as wait } from 'node:timers/promises';

/** Time that passes while a process waits: the machine's, or that of a simulated world. */
export interface Timers {
  /** Milliseconds since some moment; never goes back, unlike a clock. */
  now(): number;
  /** Waits. @throws at once when the signal aborts */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

export const machineTimers: Timers = {
  now: () => performance.now(),
  delay: (ms, signal) => wait(ms, undefined, { signal }),
};

/** Does something again and again, with a pause before each time, until the signal aborts. It must not throw. */
export const repeatEvery = async (timers: Timers, ms: number, signal: AbortSignal, act: () => Promise<unknown>) => {
  for (;;) {
    await timers.delay(ms, signal).catch(() => undefined);
    if (signal.aborted) return;
    await act();
  }
};
