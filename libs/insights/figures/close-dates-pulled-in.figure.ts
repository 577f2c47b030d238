import { dealChangeFact } from './facts/changes.fact';
import { count, figure } from './figure.rules';

export const closeDatesPulledIn = figure({
  code: 'close-dates-pulled-in',
  title: 'Close dates pulled in',
  unit: 'count',
  formula: 'how often the expected close date of a deal was moved to an earlier day in the period',
  rows: { fact: dealChangeFact, time: { at: 'at' } },
  value: count({ pulledInMs: { known: true } }),
});
