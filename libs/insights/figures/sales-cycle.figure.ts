import { journeyFact } from './facts/journeys.fact';
import { figure, mean } from './figure.rules';

export const salesCycle = figure({
  code: 'sales-cycle',
  title: 'Sales cycle',
  unit: 'days',
  formula:
    'mean days from the first contact with anybody of the deal to the win, of the deals won in the period; without those that nobody was in contact with before the win',
  rows: { fact: journeyFact, where: { outcome: 'won' }, time: { at: 'closedAt' } },
  value: mean('cycleMs'),
});
