import { object, toMs, type Instant, type Static } from '@baton/kernel';
import { matcher, pattern } from './channel.rules';

/** Which touches are meant: every named field must match, `{}` means all. A channel is the one the source stated. */
export const touchMatch = object({
  action: pattern,
  channel: pattern,
  content: pattern,
  page: pattern,
  campaign: pattern,
});
export type TouchMatch = Static<typeof touchMatch>;

/** One contact, as criteria and scores see it. */
export interface TouchFact extends Readonly<Record<keyof TouchMatch, string | undefined>> {
  /** Of the event that recorded it. */
  readonly id: string;
  readonly at: Instant;
  /** Sales made it on its own account: no sign of the person's interest. */
  readonly bySales?: true;
}

/** Touches in the order in which they were told; a long history remembers which of them each match means. */
export interface Touches {
  readonly length: number;
  at(index: number): TouchFact | undefined;
  matches?(match: TouchMatch): MatchedTouches;
}

/** The touches that a match means, in order of time; of one millisecond in the order of telling. */
export interface MatchedTouches {
  /** When they were, in epoch milliseconds, rising. */
  readonly times: readonly number[];
  /** Their places in the history. */
  readonly places: readonly number[];
}

const REMEMBERED = 10_000;
/** Remembers the answers of a condition: a lead with thousands of touches names the same few pages again and again. */
const remembering = <V>(holds: (value: V) => boolean): ((value: V) => boolean) => {
  const answers = new Map<V, boolean>();
  return (value) => {
    let answer = answers.get(value);
    if (answer === undefined) {
      if (answers.size >= REMEMBERED) answers.clear();
      answers.set(value, (answer = holds(value)));
    }
    return answer;
  };
};
const compiled = new WeakMap<TouchMatch, (touch: TouchFact) => boolean>();

/** Compiles which touches are meant, once for each place in a body. */
export const touchMatcher = (match: TouchMatch): ((touch: TouchFact) => boolean) => {
  let means = compiled.get(match);
  if (!means) {
    const names = Object.keys(match) as (keyof TouchMatch)[];
    const holds = names.map((name) => remembering(matcher(match[name]!)));
    means = (touch) => {
      for (let index = 0; index < names.length; index++) if (!holds[index]!(touch[names[index]!])) return false;
      return true;
    };
    compiled.set(match, means);
  }
  return means;
};

/** How many of the rising numbers lie below `limit`. */
export const countBelow = (rising: readonly number[], limit: number): number => {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Collects the touches that one match means, touch by touch as the history grows. */
export class TouchMatches implements MatchedTouches {
  readonly times: number[] = [];
  readonly places: number[] = [];
  /** How much of the history has been looked at. */
  seen = 0;
  private readonly means: (touch: TouchFact) => boolean;
  constructor(match: TouchMatch) {
    this.means = touchMatcher(match);
  }

  /** Looks at the history up to `length`; `timeOf` gives the epoch milliseconds of a place, where they are known. */
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
        const place = countBelow(this.times, time + 1); // it is told late
        this.times.splice(place, 0, time);
        this.places.splice(place, 0, this.seen);
      }
    }
    return this;
  }

  /** The same of a history of which only the first `length` touches were told. */
  before(length: number): MatchedTouches {
    const kept = this.places.flatMap((place, index) => (place < length ? [index] : []));
    return { times: kept.map((index) => this.times[index]!), places: kept.map((index) => this.places[index]!) };
  }
}

/** The touches of any history that a match means. */
export const matchesOf = (match: TouchMatch, touches: Touches): MatchedTouches =>
  touches.matches?.(match) ?? new TouchMatches(match).upTo(touches.length, (index) => touches.at(index)!);
