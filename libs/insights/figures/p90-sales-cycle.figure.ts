import { journeyFact } from './facts/journeys.fact';
import { figure, quantile } from './figure.rules';

export const p90SalesCycle = figure({
  code: 'p90-sales-cycle',
  title: '90th percentile of the sales cycle',
  unit: 'days',
  formula: 'days from the first contact to the win within which 90 % of the deals of the period were won',
  rows: { fact: journeyFact, where: { outcome: 'won' }, time: { at: 'closedAt' } },
  value: quantile(0.9, 'cycleMs'),
});
