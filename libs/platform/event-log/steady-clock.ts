import { Clock, Conflict, fromMs, toMs, type Instant } from '@baton/kernel';

/** A clock may be set forward by so much between two questions, beyond the time that has passed. */
const MAX_JUMP_MS = 60 * 60 * 1000;

/**
 * A machine's clock, as far as it can be believed: `recordedAt` never goes back, so an instant that came too early would
 * stay for as long as the clock was ahead. It is asked again each time: a clock that was set right goes on at once.
 */
export class SteadyClock extends Clock {
  private lastAccepted: { readonly ms: number; readonly steadyMs: number };

  /** @param steadyMs milliseconds since some moment, by a timer that nobody sets */
  constructor(
    private readonly clock: Clock,
    private readonly steadyMs: () => number = () => performance.now(),
  ) {
    super();
    this.lastAccepted = { ms: toMs(clock.now()), steadyMs: steadyMs() };
  }

  /** @throws Conflict `log/clock-jumped` more than an hour ahead of what has passed since it was last believed */
  now(): Instant {
    const ms = toMs(this.clock.now());
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
    return fromMs(ms);
  }
}
