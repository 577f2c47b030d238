import { dealFact } from './facts/deals.fact';
import { figure, median } from './figure.rules';

export const medianDealSize = figure({
  code: 'median-deal-size',
  title: 'Median deal size',
  unit: 'money',
  formula: 'median of the amounts of the deals won in the period',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: median('amount'),
});
