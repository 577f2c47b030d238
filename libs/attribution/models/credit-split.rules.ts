import { DECIMAL_UNITS, ExactSplit } from '@baton/kernel';
import { writeParts, type Model, type ModelParameters, type Shares, type Weigher } from './credit.model';
import type { WeighedTouches } from './model-journey.rules';

/** One conversion. */
const ONE = DECIMAL_UNITS;

/**
 * Credits many journeys under one model, one after the other, in arrays that are reused: what `creditSelected` gives, in
 * whole numbers.
 */
export class CreditSplit {
  /** The part of the conversion of each touch, in `DECIMAL_UNITS`. */
  units = new Float64Array(64);
  /** Minor units of the amount for each touch; 0 without an amount. */
  minors = new Float64Array(64);
  private weights = new Float64Array(64);
  private parts = new Float64Array(64);
  private readonly split = new ExactSplit();
  private readonly weigh: Weigher;
  private readonly shares: Shares | undefined;
  private readonly isAdditive: boolean;

  constructor(
    readonly model: Model,
    parameters: ModelParameters,
  ) {
    this.weigh = model.weigher(parameters);
    this.shares = model.shares?.(parameters);
    this.isAdditive = model.additive;
  }

  /**
   * Credits a journey.
   * @param touches at least one
   * @param amount in minor units; NaN without an amount
   */
  credit(touches: WeighedTouches, amount: number): void {
    const { length } = touches;
    if (this.weights.length < length) {
      this.units = new Float64Array(2 * length);
      this.minors = new Float64Array(2 * length);
      this.weights = new Float64Array(2 * length);
      this.parts = new Float64Array(2 * length);
    }
    const { units, minors, weights, parts, split } = this;
    for (let place = 0; place < length; place++) units[place] = minors[place] = weights[place] = 0;
    this.weigh(touches, weights);
    const hasAmount = amount === amount;
    if (this.isAdditive) {
      let only = -1;
      for (let place = 0; place < length; place++) if (weights[place]! > 0) only = only === -1 ? place : -2;
      if (only >= 0) {
        units[only] = ONE;
        if (hasAmount) minors[only] = amount;
        return;
      }
      writeParts(weights, length, this.shares, parts);
      split.setWeights(parts, length);
      split.split(ONE, units);
      if (hasAmount) split.split(amount, minors);
    } else
      for (let place = 0; place < length; place++) {
        units[place] = Math.round(weights[place]! * ONE);
        if (hasAmount) minors[place] = Math.round(weights[place]! * amount);
      }
  }
}
