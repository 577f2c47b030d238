import { dealChangeFact } from './facts/changes.fact';
import { figure, median } from './figure.rules';

export const medianPush = figure({
  code: 'median-push',
  title: 'Median push',
  unit: 'days',
  formula: 'median days by which the expected close date was moved later',
  rows: { fact: dealChangeFact, time: { at: 'at' } },
  value: median('pushedMs', { push: { known: true } }),
});
