import { openDealFact } from './facts/open-deals.fact';
import { figure, sum } from './figure.rules';

export const stuckAmount = figure({
  code: 'stuck-amount',
  title: 'Amount in stuck deals',
  unit: 'money',
  formula: 'amounts of stuck deals',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: sum('amount', { stuck: true }),
});
