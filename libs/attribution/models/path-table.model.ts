import { fromMs } from '@baton/kernel';
import { normalised, type Model, type ModelParameters } from './credit.model';
import { firstTouch } from './first-touch.model';
import { inverseJ } from './inverse-j.model';
import { jShaped } from './j-shaped.model';
import { lastNonDirect } from './last-non-direct.model';
import { lastTouch } from './last-touch.model';
import { linear } from './linear.model';
import type { PathTable } from './path-table.rules';
import { positionBased } from './position-based.model';

/** Models that need the order of the touches and no dates: the rule-based ones that a path table can answer. */
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
 * @returns every channel of the table by name; conversions and value sum to those of the table
 */
export const creditPaths = (model: Model, table: PathTable, parameters: ModelParameters): readonly PathCredit[] => {
  const instant = fromMs(0); // the order is all there is
  const rows = table.channels.names.map((key) => ({ key, conversions: 0, value: 0 }));
  for (const [steps, { conversions, value }] of table.entries()) {
    if (conversions === 0) continue;
    const touches = table.namesOf(steps).map((channel) => ({ occurredAt: instant, channel }));
    normalised(model.weights({ touches, conversionAt: instant }, parameters)).forEach((weight, place) => {
      const row = rows[steps.charCodeAt(place)]!;
      row.conversions += weight * conversions;
      row.value += weight * value;
    });
  }
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
};
