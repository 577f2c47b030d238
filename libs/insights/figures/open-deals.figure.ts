import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const openDeals = figure({
  code: 'open-deals',
  title: 'Open deals',
  unit: 'count',
  formula:
    'deals that are open at the end of the period, as they stood then: a deal that was lost and reopened later was lost then',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count(),
});
