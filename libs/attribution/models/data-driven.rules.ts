import type { RepeatHandling, PathTable } from './path-table.rules';
import type { Transition } from './markov-counts.rules';

/**
 * A model that learns the contribution of each channel from all journeys of a period: a pure function in a file of its
 * own.
 */
export interface DataDrivenModel {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  /** How repeated channels are handled if a query does not say. */
  readonly repeats: RepeatHandling;
  readonly score: (table: PathTable, options: ModelOptions) => Scores;
}

/** The results of a model, by the number of the channel in the table. */
export interface Scores {
  /** Credited conversions; they sum to those of the table. */
  readonly conversions: Float64Array;
  /** Credited value; it sums to that of the table. */
  readonly value: Float64Array;
  /** The conversion rate that the model reproduces. */
  readonly base?: number;
  readonly removalEffects?: Float64Array;
  readonly removalEffectsOnValue?: Float64Array;
  /** Standard errors of the credited conversions, if they are estimated. */
  readonly standardErrors?: Float64Array;
  readonly places?: readonly {
    readonly channel: number;
    /** From 1. */
    readonly position: number;
    readonly conversions: number;
    readonly value: number;
  }[];
  readonly transitions?: () => readonly Transition[];
  readonly note?: string;
}

export interface ModelOptions {
  /** Order of the Markov chain: how many of the last channels form a state, 1 to 4. */
  readonly order?: number;
  /** A whole number; the same seed gives the same random results. */
  readonly seed?: number;
  /** How repeated channels are handled; by default as the model says. */
  readonly repeats?: RepeatHandling;
}
