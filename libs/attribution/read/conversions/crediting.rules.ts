import type { Money } from '@baton/kernel';
import { creditSelected, type Credit, type Model } from '../../models/credit.model';
import {
  applied,
  revenueOf,
  selected,
  type ClassifiedTouch,
  type Conversions,
  type Method,
} from '../attribution/attribution.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** What a journey earned, touch by touch. */
export interface CreditedJourney {
  /** The touches that count under the method, oldest first, each with its credit. */
  readonly eligible: readonly { readonly touch: ClassifiedTouch; readonly credit: Credit }[];
  /** Undefined unless it is a won deal with an amount. */
  readonly amount: Money | undefined;
}

/**
 * Prepares a model once to credit many journeys, as the attribution report does.
 * @param conversions for a method whose journeys restart: when people converted
 * @throws Refused as `applied`
 */
export const crediting = (
  model: Model,
  method: Method,
  conversions?: Conversions,
): ((journey: JourneyDocument) => CreditedJourney) => {
  const ready = applied(method);
  return (journey) => {
    const { touches, selection } = selected(journey, ready, conversions);
    const amount = revenueOf(journey);
    const { credits } = creditSelected(model, selection, ready.parameters, amount);
    return { eligible: selection.places.map((at) => ({ touch: touches[at]!, credit: credits[at]! })), amount };
  };
};
