import { DecimalSum, MoneySums, type Money, type MoneySum } from '@baton/kernel';
import { creditSelected, type Model, type ModelParameters } from '../../models/credit.model';
import type { ModelTouch } from '@baton/attribution/models/model-journey.rules';
import type { SelectedTouches } from '../../models/transforms.rules';

/** What the look-back left out of the journeys of a report. */
export interface OutsideWindow {
  /** Touches weighed without a look-back, but not with it. */
  readonly touches: number;
  /**
   * Credit of these touches without a look-back: fractions of conversions. Under a model that is not additive the
   * number of deals that they participate in, without revenue.
   */
  readonly conversions: number;
  readonly revenue: readonly MoneySum[];
}

/** A journey with and without its look-back. */
export interface LookbackSelection<T extends ModelTouch = ModelTouch> {
  readonly selection: SelectedTouches<T>;
  /** Undefined if the method has no look-back, or if the look-back leaves nothing out. */
  readonly unwindowed?: SelectedTouches<T> | undefined;
}

/** Indexes of the touches that the look-back leaves out. */
export const touchesOutside = ({ selection, unwindowed }: LookbackSelection): readonly number[] => {
  if (!unwindowed) return [];
  const weighed = new Set(selection.places);
  return unwindowed.places.filter((place) => !weighed.has(place));
};

/** Sums what a look-back leaves out of journeys under one model. */
export class OutsideWindowSum {
  private touches = 0;
  private readonly conversions = new DecimalSum();
  private readonly revenue = new MoneySums();

  add(model: Model, journey: LookbackSelection, parameters: ModelParameters, amount: Money | undefined): void {
    const places = touchesOutside(journey);
    if (places.length === 0) return;
    const { credits } = creditSelected(model, journey.unwindowed!, parameters, amount);
    this.addTouches(places.length);
    if (!model.additive) this.conversions.add(1);
    for (const place of model.additive ? places : []) {
      const { weight, minor } = credits[place]!;
      this.conversions.add(weight);
      if (amount && minor) this.revenue.add({ ...amount, minor });
    }
  }

  /** Touches without any credit of their own. */
  addTouches(touches: number): void {
    this.touches += touches;
  }
  /** A whole conversion, all touches of which are left out. */
  addConversion(amount: Money | undefined): void {
    this.conversions.add(1);
    this.revenue.add(amount);
  }

  /** @param currencies of the report */
  sum(currencies: readonly string[]): OutsideWindow {
    return {
      touches: this.touches,
      conversions: this.conversions.value,
      revenue: this.revenue.list(currencies),
    };
  }
}
