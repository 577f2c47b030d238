/**
 * Lets pieces of work begin a few at a time, those of each turn of the event loop together, so that however much is
 * asked at once, others are heard between any two turns. Callers take turns.
 */
export class CallerTurns {
  private readonly waiting = new Map<string, (() => void)[]>();

  /** @param perTurn how many pieces begin in one turn of the event loop */
  constructor(private readonly perTurn: number) {}

  /** Resolves when it is the turn of this caller. */
  next(caller: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.size === 0) setImmediate(this.runTurn);
      const own = this.waiting.get(caller);
      if (own) own.push(resolve);
      else this.waiting.set(caller, [resolve]);
    });
  }

  private readonly runTurn = (): void => {
    let begun = 0;
    // A caller who is put behind all others comes again within the turn.
    for (const [caller, own] of this.waiting) {
      this.waiting.delete(caller);
      own.shift()?.();
      if (own.length > 0) this.waiting.set(caller, own);
      if (++begun === this.perTurn) break;
    }
    if (this.waiting.size > 0) setImmediate(this.runTurn);
  };
}
