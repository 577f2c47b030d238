import { dealFact } from './facts/deals.fact';
import { figure, median } from './figure.rules';

export const medianDealCycle = figure({
  code: 'median-deal-cycle',
  title: 'Median deal cycle',
  unit: 'days',
  formula: 'median days from opening to win, of the deals won in the period',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: median('cycleMs'),
});
