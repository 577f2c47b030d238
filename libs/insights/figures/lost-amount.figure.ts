import { dealFact } from './facts/deals.fact';
import { figure, sum } from './figure.rules';

export const lostAmount = figure({
  code: 'lost-amount',
  title: 'Lost amount',
  unit: 'money',
  formula: 'amounts of the deals lost in the period',
  rows: { fact: dealFact, where: { status: 'lost' }, time: { at: 'closedAt' } },
  value: sum('amount'),
});
