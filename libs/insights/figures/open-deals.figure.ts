import { dealFact } from './facts/deals.fact';
import { count, figure } from './figure.rules';

export const openDeals = figure({
  code: 'open-deals',
  title: 'Open deals',
  unit: 'count',
  formula:
    'deals opened and not closed by the end of the period; a deal that was reopened since is as if it had not closed',
  rows: { fact: dealFact, time: { from: 'openedAt', until: 'closedAt' } },
  value: count(),
});
