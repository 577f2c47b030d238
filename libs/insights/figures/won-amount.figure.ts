import { dealFact } from './facts/deals.fact';
import { figure, sum } from './figure.rules';

export const wonAmount = figure({
  code: 'won-amount',
  title: 'Won amount',
  unit: 'money',
  formula: 'sum of the amounts of the deals won in the period; without those that have no amount',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: sum('amount'),
});
