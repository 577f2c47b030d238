import { dealFact } from './facts/deals.fact';
import { count, figure } from './figure.rules';

export const openedDeals = figure({
  code: 'opened-deals',
  title: 'Opened deals',
  unit: 'count',
  formula: 'deals opened in the period',
  rows: { fact: dealFact, time: { at: 'openedAt' } },
  value: count(),
});
