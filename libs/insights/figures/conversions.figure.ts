import { convertedColumn, enteredColumn, lifecycles, stagePairs } from './facts/lifecycles.fact';
import { count, figure, ratio } from './figure.rules';

/** How many of the people who entered a stage came to a later one: one figure for each pair. */
export const conversions = stagePairs.map(([from, to]) =>
  figure({
    code: `${from}-to-${to}`,
    title: `${from} to ${to}`,
    unit: 'ratio',
    formula: `people who entered ${to}, or a stage beyond it, at or after their first entry into ${from} / people whose first entry into ${from} lies in the period`,
    rows: { fact: lifecycles, time: { at: enteredColumn(from) } },
    value: ratio(count({ [convertedColumn(from, to)]: { known: true } }), count(), {
      open: { live: true },
      takes: { from: enteredColumn(from), to: convertedColumn(from, to) },
    }),
  }),
);
