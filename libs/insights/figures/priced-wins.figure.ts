import { dealFact } from './facts/deals.fact';
import { count, figure } from './figure.rules';

export const pricedWins = figure({
  code: 'priced-wins',
  title: 'Won deals with an amount',
  unit: 'count',
  formula: 'deals won in the period that have an amount',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: count({ amount: { known: true } }),
});
