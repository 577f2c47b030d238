import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const silentDeals = figure({
  code: 'silent-deals',
  title: 'Silent deals',
  unit: 'count',
  formula:
    'open deals without a touch of either team on their people, or an event, for longer than the silence limit of their stage',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ silent: true }),
});
