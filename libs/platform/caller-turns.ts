/**
 * Lets pieces of work begin a few at a time, those of each turn of the event loop together, so that however much is
 * asked at once, others are heard between any two turns. Callers take turns.
 */
export class CallerTurns {
  private readonly waiting = new Map<string, (() => void)[]>();
  /** Whether a turn ends later: until then what is asked waits. */
  private isRunning = false;
  /** Whose piece has begun in this turn already, as nobody waited and none had begun. */
  private first: string | undefined;

  /** @param perTurn how many pieces begin in one turn of the event loop */
  constructor(private readonly perTurn: number) {}

  /** Resolves when it is the turn of this caller: at once for the first piece of a turn, if nobody waits. */
  next(caller: string): Promise<void> {
    if (!this.isRunning) {
      this.first = caller;
      this.run();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const own = this.waiting.get(caller);
      if (own) own.push(resolve);
      else this.waiting.set(caller, [resolve]);
    });
  }

  private run(): void {
    this.isRunning = true;
    setImmediate(this.endTurn);
  }

  private readonly endTurn = (): void => {
    let begun = 0;
    if (this.first !== undefined) {
      begun++;
      this.putBehind(this.first);
      this.first = undefined;
    }
    let others = 0;
    // A caller who is put behind all others comes again within the turn.
    for (const [caller, own] of this.waiting) {
      if (begun === this.perTurn) break;
      begun++;
      others++;
      own.shift()!();
      this.putBehind(caller);
    }
    // What has begun just now belongs to the turn that begins here.
    this.isRunning = false;
    if (others > 0 || this.waiting.size > 0) this.run();
  };

  /** Whoever waits for nothing more is gone. */
  private putBehind(caller: string): void {
    const own = this.waiting.get(caller);
    if (!own) return;
    this.waiting.delete(caller);
    if (own.length > 0) this.waiting.set(caller, own);
  }
}
