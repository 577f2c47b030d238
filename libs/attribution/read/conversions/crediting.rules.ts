import type { Money } from '@baton/kernel';
import { creditSelected, type Credit, type Model } from '../../models/credit.model';
import {
  applyMethod,
  revenueOf,
  selectJourneyTouches,
  type ClassifiedTouch,
  type Conversions,
  type Method,
} from '../attribution/attribution.rules';
import type { OutsideWindowSum } from '../attribution/window.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** The credits of a journey, per touch. */
export interface CreditedJourney {
  /** The touches weighed by the method, oldest first, each with its credit. */
  readonly eligible: readonly { readonly touch: ClassifiedTouch; readonly credit: Credit }[];
  /** Undefined unless it is a won deal with an amount. */
  readonly amount: Money | undefined;
  /** Sums what the look-back left out. */
  readonly outside: (sum: OutsideWindowSum) => void;
}

/**
 * Prepares a model once to credit many journeys, as the attribution report does.
 * @param conversions when people converted, for a method whose journeys restart
 * @throws Refused as `applied`
 */
export const crediting = (
  model: Model,
  method: Method,
  conversions?: Conversions,
): ((journey: JourneyDocument) => CreditedJourney) => {
  const ready = applyMethod(method);
  return (journey) => {
    const path = selectJourneyTouches(journey, ready, conversions);
    const { touches, selection } = path;
    const amount = revenueOf(journey);
    const { credits } = creditSelected(model, selection, ready.parameters, amount);
    return {
      eligible: selection.places.map((at) => ({ touch: touches[at]!, credit: credits[at]! })),
      amount,
      outside: (sum) => sum.add(model, path, ready.parameters, amount),
    };
  };
};
