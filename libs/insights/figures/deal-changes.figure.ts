import { dealChangeFact } from './facts/changes.fact';
import { count, figure } from './figure.rules';

export const dealChangeCount = figure({
  code: 'deal-changes',
  title: 'Changes of deals',
  unit: 'count',
  formula: 'changes of deals in the period; by what changed',
  rows: { fact: dealChangeFact, time: { at: 'at' } },
  value: count(),
});
