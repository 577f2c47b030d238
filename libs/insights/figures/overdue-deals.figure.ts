import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const overdueDeals = figure({
  code: 'overdue-deals',
  title: 'Overdue deals',
  unit: 'count',
  formula: 'open deals whose expected close date has passed at the end of the period',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ overdue: true }),
});
