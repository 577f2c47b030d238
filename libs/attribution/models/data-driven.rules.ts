import type { RepeatHandling, PathTable } from './path-table.rules';
import type { Transition } from './markov-counts.rules';

/** A model that learns from all journeys of a period how much each channel adds: pure, and one file. */
export interface DataDrivenModel {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  /** What becomes of repeats where a question does not say. */
  readonly repeats: RepeatHandling;
  readonly score: (table: PathTable, options: ModelOptions) => Scores;
}

/** What a model finds, by the number of the channel in the table. */
export interface Scores {
  /** Credited conversions; they sum to those of the table. */
  readonly conversions: Float64Array;
  /** Credited value; it sums to that of the table. */
  readonly value: Float64Array;
  /** The chance to convert that the model reproduces. */
  readonly base?: number;
  readonly removalEffects?: Float64Array;
  readonly removalEffectsOnValue?: Float64Array;
  /** Of credited conversions, where they are an estimate. */
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
  /** Of the Markov chain: how many of the last channels a state holds, 1 to 4. */
  readonly order?: number;
  /** A whole number; results that draw at random are the same for the same seed. */
  readonly seed?: number;
  /** What becomes of repeats; by default what the model says. */
  readonly repeats?: RepeatHandling;
}
