import { DecimalSum, field, MoneySums, objectFields, type Money, type ObjectOf } from '@baton/kernel';
import { creditSelected, type Model, type ModelParameters } from '../../models/credit.model';
import type { ModelTouch } from '@baton/attribution/models/model-journey.rules';
import type { SelectedTouches } from '../../models/transforms.rules';

const outsideWindow = objectFields('OutsideWindow', 'What a look-back left out.', {
  touches: field.integer('Touches that would count without a look-back.'),
  conversions: field.number(
    'Conversions that they would be credited with, in fractions. Under a model that is not additive the deals that they take part in; of a data-driven model, which credits no single touch, the conversions of which no touch is left.',
  ),
  revenue: field.money('Revenue that they would be credited with, one sum a currency.', { list: true }),
});
/** What a look-back left out of the journeys of an answer. */
export type OutsideWindow = ObjectOf<typeof outsideWindow.fields>;
export const OUTSIDE = 'What the look-back left out; null where none is given.';
export const outsideField = (description = OUTSIDE) => field.object(outsideWindow, description, { nullable: true });

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

/** Conversions and money that are credited. */
export interface CreditSum {
  readonly conversions: DecimalSum;
  readonly revenue: MoneySums;
}
export const noCredit = (): CreditSum => ({ conversions: new DecimalSum(), revenue: new MoneySums() });

/** Sums what a look-back leaves out of journeys under one model. */
export class OutsideWindowSum {
  private touches = 0;
  readonly credit = noCredit();

  add(model: Model, journey: LookbackSelection, parameters: ModelParameters, amount: Money | undefined): void {
    const places = touchesOutside(journey);
    if (places.length === 0) return;
    const { credits } = creditSelected(model, journey.unwindowed!, parameters, amount);
    this.addTouches(places.length);
    if (!model.additive) this.credit.conversions.add(1);
    for (const place of model.additive ? places : []) {
      const { weight, minor } = credits[place]!;
      this.credit.conversions.add(weight);
      if (amount && minor) this.credit.revenue.add({ ...amount, minor });
    }
  }

  /** Touches without any credit of their own. */
  addTouches(touches: number): void {
    this.touches += touches;
  }
  /** A whole conversion, all touches of which are left out. */
  addConversion(amount: Money | undefined): void {
    this.credit.conversions.add(1);
    this.credit.revenue.add(amount);
  }

  /** @param currencies of the report */
  sum(currencies: readonly string[]): OutsideWindow {
    return {
      touches: this.touches,
      conversions: this.credit.conversions.value,
      revenue: this.credit.revenue.list(currencies),
    };
  }
}
