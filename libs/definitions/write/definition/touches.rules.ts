import { object, oncePer, toMs, type Instant, type Static } from '@baton/kernel';
import { matcher, pattern } from './channel.rules';

/** Selects touches: every given field must match, `{}` matches all. `channel` is the one that the source stated. */
export const touchPattern = object({
  action: pattern,
  channel: pattern,
  content: pattern,
  page: pattern,
  campaign: pattern,
});
export type TouchPattern = Static<typeof touchPattern>;

/** A touch as criteria and scores see it. */
export interface TouchFact extends Readonly<Record<keyof TouchPattern, string | undefined>> {
  /** Id of the event that recorded it. */
  readonly id: string;
  readonly at: Instant;
  /** Sales made it on its own initiative, so it shows no interest of the person. */
  readonly bySales?: true;
}

/** Touches in the order in which they were recorded; a long history may keep the matches of each pattern. */
export interface Touches {
  readonly length: number;
  at(index: number): TouchFact | undefined;
  matches?(match: TouchPattern): MatchingTouches;
}

/** The touches that a pattern matches, ordered by time, then by the order in which they were recorded. */
export interface MatchingTouches {
  /** Epoch milliseconds, ascending. */
  readonly times: readonly number[];
  /** Their indexes in the history. */
  readonly places: readonly number[];
}

const MAX_CACHED = 10_000;
/** Caches the results of a condition, because the thousands of touches of a lead name the same few pages. */
const memoized = <V>(holds: (value: V) => boolean): ((value: V) => boolean) => {
  const answers = new Map<V, boolean>();
  return (value) => {
    let answer = answers.get(value);
    if (answer === undefined) {
      if (answers.size >= MAX_CACHED) answers.clear();
      answers.set(value, (answer = holds(value)));
    }
    return answer;
  };
};

/** Compiles a pattern, once per pattern object of a definition body. */
export const compileTouchPattern = oncePer((match: TouchPattern): ((touch: TouchFact) => boolean) => {
  const names = Object.keys(match) as (keyof TouchPattern)[];
  const holds = names.map((name) => memoized(matcher(match[name]!)));
  return (touch) => {
    for (let index = 0; index < names.length; index++) if (!holds[index]!(touch[names[index]!])) return false;
    return true;
  };
});

/** How many of the ascending numbers are below `limit`. */
export const countBelow = (rising: readonly number[], limit: number): number => {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Collects the touches that one pattern matches, incrementally as the history grows. */
export class TouchMatchCollector implements MatchingTouches {
  readonly times: number[] = [];
  readonly places: number[] = [];
  /** Number of touches of the history examined so far. */
  seen = 0;
  private readonly means: (touch: TouchFact) => boolean;
  constructor(match: TouchPattern) {
    this.means = compileTouchPattern(match);
  }

  /** Examines the history up to `length`; `timeOf` gives the epoch milliseconds at an index, where they are already computed. */
  upTo(length: number, touchAt: (index: number) => TouchFact, timeOf?: (index: number) => number): this {
    for (; this.seen < length; this.seen++) {
      const touch = touchAt(this.seen);
      if (!this.means(touch)) continue;
      const time = timeOf ? timeOf(this.seen) : toMs(touch.at);
      const last = this.times.length;
      if (last === 0 || this.times[last - 1]! <= time) {
        this.times.push(time);
        this.places.push(this.seen);
      } else {
        const place = countBelow(this.times, time + 1); // recorded late
        this.times.splice(place, 0, time);
        this.places.splice(place, 0, this.seen);
      }
    }
    return this;
  }

  /** The matches among the first `length` touches of the history. */
  before(length: number): MatchingTouches {
    const kept = this.places.flatMap((place, index) => (place < length ? [index] : []));
    return { times: kept.map((index) => this.times[index]!), places: kept.map((index) => this.places[index]!) };
  }
}

/** The touches of a history that a pattern matches. */
export const matchingTouches = (match: TouchPattern, touches: Touches): MatchingTouches =>
  touches.matches?.(match) ?? new TouchMatchCollector(match).upTo(touches.length, (index) => touches.at(index)!);
