import { dealFact } from './facts/deals.fact';
import { figure, mean } from './figure.rules';

export const dealCycle = figure({
  code: 'deal-cycle',
  title: 'Deal cycle',
  unit: 'days',
  formula:
    'mean days from opening to win, of the deals won in the period; without those dated as closed before they opened',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: mean('cycleMs'),
});
