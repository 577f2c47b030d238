import type { ChannelNumbers, PathCounts, PathTable, Steps } from './path-table.rules';

/** Fractions that were added and removed again leave a floating-point rest below this; it counts as zero. */
const pathStates = (count: number): number => (count > 1e-9 ? count : 0);

/** Conversions, nulls and value of the journeys that end in a state. */
interface StateExits {
  conversions: number;
  nulls: number;
  value: number;
}

/**
 * Weighted transitions between states in compressed rows (CSR): those of state `s` are `start[s]` up to `start[s + 1]`.
 */
export interface MarkovChain {
  /** The last channels, which define the state; '' is the start, always state 0. */
  readonly states: readonly Steps[];
  readonly start: Int32Array;
  readonly to: Int32Array;
  /** Number of journeys with this transition. */
  readonly count: Float64Array;
  readonly conversions: Float64Array;
  readonly nulls: Float64Array;
  /** Total value of the conversions that leave from this state. */
  readonly value: Float64Array;
  /** Everything that leaves the state. */
  readonly out: Float64Array;
}

/**
 * The transition counts of a Markov chain of order k, as a fold: adding or removing one path takes microseconds. A
 * state is the last k channels; a path shorter than k is one state; every step counts conversions + nulls. A state
 * equal to the previous one is not a step, unless repeats are kept. Source: the R package ChannelAttribution 2.2.4.
 */
export class TransitionCounts {
  private readonly states: Steps[] = [''];
  private readonly numbers = new Map<Steps, number>();
  /** The edges of each state, by the next channel (of the start: by the state). */
  private readonly next: Map<number, number>[] = [new Map()];
  private readonly to: number[] = [];
  private readonly count: number[] = [];
  private readonly exits: StateExits[] = [{ conversions: 0, nulls: 0, value: 0 }];

  constructor(
    readonly order: number,
    private readonly keepRepeats = false,
  ) {}

  static of(table: PathTable, order: number, keepRepeats = false): TransitionCounts {
    const counts = new TransitionCounts(order, keepRepeats);
    for (const [steps, row] of table.entries()) counts.add(steps, row);
    return counts;
  }

  add(steps: Steps, { conversions, nulls, value }: PathCounts): void {
    const weight = conversions + nulls;
    if (weight === 0) return;
    const { order } = this;
    let state = this.step(0, undefined, steps.slice(0, order), weight);
    for (let place = order; place < steps.length; place++) {
      // The next state equals this one if all its channels are the next channel.
      if (!this.keepRepeats && steps[place] === this.states[state]![0] && this.isOneChannel(state)) continue;
      state = this.step(state, steps.charCodeAt(place), undefined, weight);
    }
    const exits = this.exits[state]!;
    exits.conversions += conversions;
    exits.nulls += nulls;
    exits.value += value;
  }

  private isOneChannel(state: number): boolean {
    const steps = this.states[state]!;
    for (let place = 1; place < steps.length; place++) if (steps[place] !== steps[0]) return false;
    return true;
  }

  /** Removes a path that was added before. */
  subtract(steps: Steps, { conversions, nulls, value }: PathCounts): void {
    this.add(steps, { conversions: -conversions, nulls: -nulls, value: -value });
  }

  /** Counts one step: from the start to a named state, from any other state by its next channel. */
  private step(from: number, channel: number | undefined, first: Steps | undefined, weight: number): number {
    const ways = this.next[from]!;
    const key = channel ?? this.stateOf(first!);
    let edge = ways.get(key);
    if (edge === undefined) {
      edge = this.to.length;
      ways.set(key, edge);
      this.to.push(
        channel === undefined ? key : this.stateOf(this.states[from]!.slice(1) + String.fromCharCode(channel)),
      );
      this.count.push(0);
    }
    this.count[edge]! += weight;
    return this.to[edge]!;
  }

  private stateOf(steps: Steps): number {
    let number = this.numbers.get(steps);
    if (number === undefined) {
      number = this.states.length;
      this.numbers.set(steps, number);
      this.states.push(steps);
      this.next.push(new Map());
      this.exits.push({ conversions: 0, nulls: 0, value: 0 });
    }
    return number;
  }

  /** The visited states, in compressed rows for a solver. */
  chain(): MarkovChain {
    const out = this.next.map((ways, state) => {
      let sum = pathStates(this.exits[state]!.conversions) + pathStates(this.exits[state]!.nulls);
      for (const edge of ways.values()) sum += pathStates(this.count[edge]!);
      return sum;
    });
    // Removed paths may leave states without journeys; the start stays, even if empty.
    const live = out.flatMap((sum, state) => (sum > 0 || state === 0 ? [state] : []));
    const place = new Int32Array(out.length).fill(-1);
    live.forEach((state, index) => (place[state] = index));
    const kept = live.map((state) =>
      [...this.next[state]!.values()].filter((edge) => pathStates(this.count[edge]!) > 0),
    );
    const start = new Int32Array(live.length + 1);
    kept.forEach((edges, index) => (start[index + 1] = start[index]! + edges.length));
    const flat = kept.flat();
    return {
      states: live.map((state) => this.states[state]!),
      start,
      to: Int32Array.from(flat, (edge) => place[this.to[edge]!]!),
      count: Float64Array.from(flat, (edge) => this.count[edge]!),
      conversions: Float64Array.from(live, (state) => pathStates(this.exits[state]!.conversions)),
      nulls: Float64Array.from(live, (state) => pathStates(this.exits[state]!.nulls)),
      value: Float64Array.from(live, (state) =>
        pathStates(this.exits[state]!.conversions) ? this.exits[state]!.value : 0,
      ),
      out: Float64Array.from(live, (state) => out[state]!),
    };
  }
}

/** One entry of a transition matrix. A state of several channels is written `a > b`. */
export interface Transition {
  readonly from: string;
  readonly to: string;
  /** Number of journeys with this transition. */
  readonly count: number;
  readonly probability: number;
}

/** The transition matrix between `(start)`, the states, `(conversion)` and `(null)`; only transitions that occurred. */
export const transitionsOf = (chain: MarkovChain, channels: ChannelNumbers): Transition[] => {
  const nameOf = (state: number) => {
    const steps = chain.states[state]!;
    if (steps === '') return '(start)';
    return [...Array(steps.length).keys()].map((at) => channels.names[steps.charCodeAt(at)]!).join(' > ');
  };
  return chain.states.flatMap((_, state) => {
    const from = nameOf(state);
    const entry = (to: string, count: number) => ({ from, to, count, probability: count / chain.out[state]! });
    const entries: Transition[] = [];
    for (let edge = chain.start[state]!; edge < chain.start[state + 1]!; edge++)
      entries.push(entry(nameOf(chain.to[edge]!), chain.count[edge]!));
    if (chain.conversions[state]! > 0) entries.push(entry('(conversion)', chain.conversions[state]!));
    if (chain.nulls[state]! > 0) entries.push(entry('(null)', chain.nulls[state]!));
    return entries;
  });
};
