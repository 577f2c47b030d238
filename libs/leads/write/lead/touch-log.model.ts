import { toMs } from '@baton/kernel';
import {
  TouchMatchCollector,
  type MatchingTouches,
  type TouchFact,
  type TouchPattern,
  type Touches,
} from '@baton/definitions';

const fields = ['id', 'at', 'action', 'channel', 'content', 'page', 'campaign', 'bySales'] as const;
/** Shorter histories are searched each time: an index would cost more than it saves. */
const CACHE_FROM_LENGTH = 64;

/** The part that logs of one history share. It only grows. */
interface History {
  readonly touches: TouchFact[];
  /** Times of the touches in epoch milliseconds. */
  readonly times: number[];
  /** The first index of each id, filled when first needed. */
  readonly places: Map<string, number>;
  placed: number;
  readonly matches: WeakMap<TouchPattern, TouchMatchCollector>;
}
const historyOf = (touches: TouchFact[], times: number[]): History => ({
  ...{ touches, times },
  ...{ places: new Map(), placed: 0, matches: new WeakMap() },
});

/**
 * The touches of a lead in the order in which they were recorded: the first `length` touches of a shared history, to
 * which later logs of the same lead append. So one more touch costs the same on a lead with ten touches as with ten
 * thousand, and a log never changes: an append that differs from the history continues in a copy. The matches of each
 * rule are kept with the history, so that a decision examines only new touches.
 */
export class TouchLog implements Touches {
  private constructor(
    private readonly history: History,
    readonly length: number,
  ) {}

  static empty(): TouchLog {
    return new TouchLog(historyOf([], []), 0);
  }

  with(touch: TouchFact): TouchLog {
    const { history, length } = this;
    const next = history.touches[length];
    // A decision applies its events before they are stored, so the same touch may already be here.
    if (next && fields.every((field) => next[field] === touch[field])) return new TouchLog(history, length + 1);
    const own = next ? historyOf(history.touches.slice(0, length), history.times.slice(0, length)) : history;
    own.touches.push(touch);
    own.times.push(toMs(touch.at));
    return new TouchLog(own, length + 1);
  }

  /** The history without some of its touches. */
  without(gone: (id: string) => boolean): TouchLog {
    const kept: TouchFact[] = [];
    for (let index = 0; index < this.length; index++)
      if (!gone(this.history.touches[index]!.id)) kept.push(this.history.touches[index]!);
    const times = kept.map(({ at }) => toMs(at));
    return new TouchLog(historyOf(kept, times), kept.length);
  }

  at(index: number): TouchFact | undefined {
    return index < this.length ? this.history.touches[index] : undefined;
  }

  /** Whether the history contains a touch with this id. */
  has(id: string): boolean {
    const { history } = this;
    for (; history.placed < history.touches.length; history.placed++) {
      const known = history.touches[history.placed]!.id;
      if (!history.places.has(known)) history.places.set(known, history.placed);
    }
    return (history.places.get(id) ?? Infinity) < this.length;
  }

  matches(match: TouchPattern): MatchingTouches {
    const { touches, times, matches } = this.history;
    const remembered = this.length < CACHE_FROM_LENGTH ? undefined : matches.get(match);
    const found = remembered ?? new TouchMatchCollector(match);
    if (!remembered && this.length >= CACHE_FROM_LENGTH) matches.set(match, found);
    if (found.seen > this.length) return found.before(this.length);
    return found.upTo(
      this.length,
      (index) => touches[index]!,
      (index) => times[index]!,
    );
  }
}
