import { dealFact } from './facts/deals.fact';
import { count, figure } from './figure.rules';

export const wonDeals = figure({
  code: 'won-deals',
  title: 'Won deals',
  unit: 'count',
  formula: 'deals whose current close, in the period, is a win',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: count(),
});
