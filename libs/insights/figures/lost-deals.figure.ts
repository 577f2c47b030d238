import { dealFact } from './facts/deals.fact';
import { count, figure } from './figure.rules';

export const lostDeals = figure({
  code: 'lost-deals',
  title: 'Lost deals',
  unit: 'count',
  formula: 'deals whose current close, in the period, is a loss',
  rows: { fact: dealFact, where: { status: 'lost' }, time: { at: 'closedAt' } },
  value: count(),
});
