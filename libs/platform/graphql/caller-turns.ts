/**
 * Lets pieces of work begin one by one, each in a turn of the event loop of its own, so that however much is asked at
 * once, others are heard between any two of them. Callers take turns.
 */
export class CallerTurns {
  private readonly waiting = new Map<string, (() => void)[]>();

  /** Resolves when it is the turn of this caller. */
  next(caller: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.size === 0) setImmediate(this.runNext);
      const own = this.waiting.get(caller);
      if (own) own.push(resolve);
      else this.waiting.set(caller, [resolve]);
    });
  }

  private readonly runNext = (): void => {
    for (const [caller, own] of this.waiting) {
      this.waiting.delete(caller);
      own.shift()?.();
      if (own.length > 0) this.waiting.set(caller, own); // behind all other callers
      break;
    }
    if (this.waiting.size > 0) setImmediate(this.runNext);
  };
}
