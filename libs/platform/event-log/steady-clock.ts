import { Clock, Conflict, fromMs, toMs, type Instant } from '@baton/kernel';

/** How far a clock may be set forward between two reads, beyond the time that has passed. */
const MAX_JUMP_MS = 60 * 60 * 1000;

/**
 * A machine's clock that throws while it has jumped ahead. `recordedAt` never goes back, so after a wrong future
 * instant every event would get that instant until real time has reached it. The clock is read again each time, so that
 * a corrected one works at once.
 */
export class SteadyClock extends Clock {
  private lastAccepted: { readonly ms: number; readonly steadyMs: number };

  /** @param steadyMs milliseconds of a timer that nobody can set */
  constructor(
    private readonly clock: Clock,
    private readonly steadyMs: () => number = () => performance.now(),
  ) {
    super();
    this.lastAccepted = { ms: toMs(clock.now()), steadyMs: steadyMs() };
  }

  /**
   * @throws Conflict `log/clock-jumped` if it is more than an hour ahead of the time that has passed since it was last
   *   accepted
   */
  now(): Instant {
    const now = this.clock.now();
    const ms = toMs(now);
    const steadyMs = this.steadyMs();
    const expectedMs = this.lastAccepted.ms + steadyMs - this.lastAccepted.steadyMs;
    if (ms - expectedMs > MAX_JUMP_MS)
      throw new Conflict(
        'log/clock-jumped',
        'The clock of this machine jumped ahead by more than an hour; correct it, or restart Baton if it is correct.',
        '',
        { now: fromMs(ms), expected: fromMs(expectedMs) },
      );
    this.lastAccepted = { ms, steadyMs };
    return now;
  }
}
