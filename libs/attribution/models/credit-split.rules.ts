import { DECIMAL_UNITS, ExactSplit } from '@baton/kernel';
import { writeParts, type Model, type ModelParameters, type Shares, type Weigher } from './credit.model';
import type { WeighedTouches } from './model-journey.rules';

/** One conversion. Of this file: what another exports is looked up whenever it is used. */
const ONE = DECIMAL_UNITS;

/** Journeys of so many touches are split as others of their shape are. */
const MAX_SHAPED = 16;
/** Places of a milestone in such a journey, with none. */
const MILESTONE_PLACES = MAX_SHAPED + 1;

/** What journeys have in common that have as many touches, and their milestones at the same places. */
interface Shape {
  /** The touch that takes all; -1 where several share. */
  readonly only: number;
  readonly units: Float64Array;
  /** Splits by their weights. */
  readonly split: ExactSplit;
}

const NO_UNITS: Float64Array = new Float64Array(0);

/**
 * Credits many journeys under one model, one after the other, in arrays that are reused: what `creditSelected` gives, in
 * whole numbers.
 */
export class CreditSplit {
  /** The touch that takes all, where it is one: nothing is written into the arrays then. Otherwise -1. */
  only = -1;
  /** The part of the conversion of each touch, in `DECIMAL_UNITS`. */
  units: Float64Array = NO_UNITS;
  /** Minor units of the amount for each touch; 0 without an amount. */
  minors = new Float64Array(64);
  private ownUnits = new Float64Array(64);
  private weights = new Float64Array(64);
  private parts = new Float64Array(64);
  private readonly split = new ExactSplit();
  private readonly weigh: Weigher;
  private readonly shares: Shares | undefined;
  readonly isAdditive: boolean;
  /** By length and the places of the milestones; undefined where the weights depend on more. */
  private readonly shapes: (Shape | undefined)[] | undefined;
  private readonly hasMilestones: boolean;

  constructor(
    readonly model: Model,
    parameters: ModelParameters,
  ) {
    this.weigh = model.weigher(parameters);
    this.shares = model.shares?.(parameters);
    this.isAdditive = model.additive;
    const { milestones = {}, own = {} } = this.shares ?? {};
    this.hasMilestones = 'LC' in milestones || 'OC' in milestones;
    const isShaped = model.byLength || (this.shares && Object.keys(own).length === 0);
    if (isShaped && model.additive)
      this.shapes = new Array<Shape | undefined>(
        MILESTONE_PLACES * (this.hasMilestones ? MILESTONE_PLACES ** 2 : 1),
      ).fill(undefined);
  }

  /**
   * Credits a journey.
   * @param touches at least one
   * @param amount in minor units; NaN without an amount
   */
  credit(touches: WeighedTouches, amount: number): void {
    const { length } = touches;
    if (this.isAdditive && length === 1) this.only = 0;
    else if (this.shapes && length <= MAX_SHAPED) this.creditShape(this.shapes, touches, amount);
    else this.creditWeights(touches, amount);
  }

  /** The part of a touch in the journey that was credited last, as a decimal. */
  weightAt(place: number): number {
    return this.unitsAt(place) / ONE;
  }
  unitsAt(place: number): number {
    if (this.only >= 0) return place === this.only ? ONE : 0;
    return this.units[place]!;
  }
  /** @param amount that was credited, or 0 */
  minorAt(place: number, amount: number): number {
    if (this.only >= 0) return place === this.only ? amount : 0;
    return this.minors[place]!;
  }

  private creditShape(shapes: (Shape | undefined)[], touches: WeighedTouches, amount: number): void {
    const { length } = touches;
    const key = this.hasMilestones
      ? (length * MILESTONE_PLACES + touches.leadCreation + 1) * MILESTONE_PLACES + touches.opportunityCreation + 1
      : length;
    let shape = shapes[key];
    if (!shape) {
      this.creditWeights(touches, NaN);
      const split = new ExactSplit();
      split.setWeights(this.parts, length);
      shapes[key] = shape = { only: this.only, units: this.units.slice(0, length), split };
    }
    this.only = shape.only;
    if (shape.only >= 0) return;
    this.units = shape.units;
    if (amount === amount) shape.split.split(amount, this.minors);
    else this.minors.fill(0, 0, length);
  }

  private creditWeights(touches: WeighedTouches, amount: number): void {
    const { length } = touches;
    if (this.weights.length < length) {
      this.ownUnits = new Float64Array(2 * length);
      this.minors = new Float64Array(2 * length);
      this.weights = new Float64Array(2 * length);
      this.parts = new Float64Array(2 * length);
    }
    const { ownUnits: units, minors, weights, parts, split } = this;
    for (let place = 0; place < length; place++) weights[place] = 0;
    this.only = -1;
    this.units = units;
    this.weigh(touches, weights);
    const hasAmount = amount === amount;
    if (!hasAmount) minors.fill(0, 0, length);
    if (!this.isAdditive) {
      for (let place = 0; place < length; place++) {
        units[place] = Math.round(weights[place]! * ONE);
        if (hasAmount) minors[place] = Math.round(weights[place]! * amount);
      }
      return;
    }
    writeParts(weights, length, this.shares, parts);
    split.setWeights(parts, length);
    this.only = split.only;
    if (this.only >= 0) return;
    split.split(ONE, units);
    if (hasAmount) split.split(amount, minors);
  }
}
