import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const longStayDeals = figure({
  code: 'long-stay-deals',
  title: 'Deals too long in their stage',
  unit: 'count',
  formula: 'open deals that are longer in their stage than the limit by which deals are stuck',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ long: true }),
});
