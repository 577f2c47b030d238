import { journeyFact } from './facts/journeys.fact';
import { figure, median } from './figure.rules';

export const medianSalesCycle = figure({
  code: 'median-sales-cycle',
  title: 'Median sales cycle',
  unit: 'days',
  formula: 'median days from the first contact with anybody of the deal to the win, of the deals won in the period',
  rows: { fact: journeyFact, where: { outcome: 'won' }, time: { at: 'closedAt' } },
  value: median('cycleMs'),
});
