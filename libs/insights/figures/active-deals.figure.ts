import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const activeDeals = figure({
  code: 'active-deals',
  title: 'Active deals',
  unit: 'count',
  formula:
    'open deals with a touch of either team on their people, or an event, within the silence limit of their stage',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ silent: false }),
});
