import { dealFact } from './facts/deals.fact';
import { figure, quantile } from './figure.rules';

export const p90DealCycle = figure({
  code: 'p90-deal-cycle',
  title: 'Deal cycle, 90th percentile',
  unit: 'days',
  formula: 'days from opening to win within which 90 % of the deals of the period were won',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: quantile(0.9, 'cycleMs'),
});
