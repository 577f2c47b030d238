import { dealChangeFact } from './facts/changes.fact';
import { count, figure, ratio } from './figure.rules';

export const repeatedPushes = figure({
  code: 'repeated-pushes',
  title: 'Repeated pushes',
  unit: 'ratio',
  formula: 'moves of a close date to a later day that were not the first of their deal / all of them',
  rows: { fact: dealChangeFact, time: { at: 'at' } },
  value: ratio(count({ push: { atLeast: 2 } }), count({ push: { known: true } })),
});
