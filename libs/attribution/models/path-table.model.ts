import { DecimalSum, fromMs, splitExact } from '@baton/kernel';
import { normalised, weightsOf, type Model, type ModelParameters } from './credit.model';
import { firstTouch } from './first-touch.model';
import { inverseJ } from './inverse-j.model';
import { jShaped } from './j-shaped.model';
import { lastNonDirect } from './last-non-direct.model';
import { lastTouch } from './last-touch.model';
import { linear } from './linear.model';
import type { PathTable } from './path-table.rules';
import { weighedTouchesOf } from './model-journey.rules';
import { positionBased } from './position-based.model';

/** The rule-based models that need only the order of touches, not their dates, and so work on a path table. */
export const pathModels: readonly Model[] = [
  firstTouch,
  lastTouch,
  lastNonDirect,
  linear,
  positionBased,
  jShaped,
  inverseJ,
];

export interface PathCredit {
  readonly key: string;
  readonly conversions: number;
  readonly value: number;
}

/**
 * Credits the conversions and the value of a table by a rule-based model.
 * @returns every channel of the table by name; conversions and value sum to those of the table exactly (decimals of 15
 *   places)
 */
export const creditPaths = (model: Model, table: PathTable, parameters: ModelParameters): readonly PathCredit[] => {
  const instant = fromMs(0); // a path table has an order, and no times
  const rows = table.channels.names.map((key) => ({ key, conversions: new DecimalSum(), value: new DecimalSum() }));
  for (const [steps, { conversions, value }] of table.entries()) {
    if (conversions === 0) continue;
    const touches = table.namesOf(steps).map((channel) => ({ occurredAt: instant, channel }));
    const weights = normalised(weightsOf(model, weighedTouchesOf({ touches, conversionAt: instant }), parameters));
    const [conversionsOf, valueOf] = [splitExact(conversions, weights), splitExact(value, weights)];
    weights.forEach((_, place) => {
      const row = rows[steps.charCodeAt(place)]!;
      row.conversions.add(conversionsOf[place]!);
      row.value.add(valueOf[place]!);
    });
  }
  const conversionsOf = DecimalSum.roundedToTotal(rows.map(({ conversions }) => conversions));
  const valueOf = DecimalSum.roundedToTotal(rows.map(({ value }) => value));
  return rows
    .map(({ key }, index) => ({ key, conversions: conversionsOf[index]!, value: valueOf[index]! }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
};
