import { openDealFact } from './facts/open-deals.fact';
import { figure, sum } from './figure.rules';

export const overdueAmount = figure({
  code: 'overdue-amount',
  title: 'Amount in overdue deals',
  unit: 'money',
  formula: 'amounts of overdue deals',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: sum('amount', { overdue: true }),
});
