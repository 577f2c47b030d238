import { dealChangeFact } from './facts/changes.fact';
import { count, figure } from './figure.rules';

export const closeDatesPushed = figure({
  code: 'close-dates-pushed',
  title: 'Close dates pushed',
  unit: 'count',
  formula: 'how often the expected close date of a deal was moved to a later day in the period',
  rows: { fact: dealChangeFact, time: { at: 'at' } },
  value: count({ push: { known: true } }),
});
