import { setTimeout as wait } from 'node:timers/promises';

/** A monotonic timer: that of the machine, or of a simulation. */
export interface Timers {
  /** Milliseconds since an arbitrary moment; never goes back, unlike a clock. */
  now(): number;
  /** Waits. @throws as soon as the signal aborts */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

export const machineTimers: Timers = {
  now: () => performance.now(),
  delay: (ms, signal) => wait(ms, undefined, { signal }),
};

/** Calls `act` repeatedly, with a pause before each call, until the signal aborts. `act` must not throw. */
export const repeatEvery = async (timers: Timers, ms: number, signal: AbortSignal, act: () => Promise<unknown>) => {
  for (;;) {
    await timers.delay(ms, signal).catch(() => undefined);
    if (signal.aborted) return;
    await act();
  }
};
