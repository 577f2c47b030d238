import { toMs, type Instant, type Money } from '@baton/kernel';
import { creditSelected, type Credit, type Model } from '../../models/credit.model';
import {
  applyMethod,
  revenueOf,
  selectJourneyTouches,
  type Conversions,
  type Method,
} from '../attribution/attribution.rules';
import type { OutsideWindowSum } from '../attribution/window.rules';
import { CreditSplit } from '../../models/credit-split.rules';
import { PackedOutside } from '../attribution/packed-outside.rules';
import { rowStates, type JourneyColumns } from '../journeys/journey-columns.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';
import { PackedPath } from '../journeys/packed-path.rules';
import type { ClassifiedKind } from '../journeys/touch-kinds.rules';

/** The credits of a journey, per touch. */
export interface CreditedJourney {
  /** The touches weighed by the method, oldest first, each with its credit. */
  readonly eligible: readonly {
    readonly touch: ClassifiedKind;
    readonly credit: Pick<Credit, 'weight' | 'minor'>;
  }[];
  /** When the first of them happened; NaN without one. */
  readonly firstAt: number;
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
      firstAt: selection.places.length > 0 ? toMs(touches[selection.places[0]!]!.occurredAt) : NaN,
      amount,
      outside: (sum) => sum.add(model, path, ready.parameters, amount),
    };
  };
};

/**
 * The same for rows of packed journeys, won or lost.
 * @param before conversions from then on do not count, for a method whose journeys restart
 * @returns `credit` takes a row; `addOutside` adds what the look-back left out of all of them
 */
export const packedCrediting = (model: Model, method: Method, columns: JourneyColumns, before?: Instant) => {
  const ready = applyMethod(method);
  const classified = columns.kinds.classifiedBy(ready.rulesKey, ready.classify);
  const conversions = ready.restart ? columns.conversions(before) : undefined;
  const path = new PackedPath(columns, ready.path, classified, conversions);
  const split = new CreditSplit(model, ready.parameters);
  const outside = new PackedOutside(columns, ready, classified, conversions, [split]);
  const credit = (row: number): Omit<CreditedJourney, 'outside'> => {
    path.select(row);
    const amount = columns.state[row] === rowStates.won ? columns.amountOf(row) : undefined;
    const minor = amount?.minor ?? NaN;
    outside.add(row, path, minor, amount ? columns.currency[row]! : -1);
    const eligible: CreditedJourney['eligible'][0][] = [];
    if (path.length > 0) split.credit(path, minor);
    for (let place = 0; place < path.length; place++)
      eligible.push({
        touch: path.touch(place),
        credit: { weight: split.weightAt(place), minor: amount ? split.minorAt(place, minor) : null },
      });
    return { eligible, amount, firstAt: path.length > 0 ? path.at[0]! : NaN };
  };
  return { credit, addOutside: (sum: OutsideWindowSum) => outside.addTo(sum, 0) };
};
