import { openDealFact } from './facts/open-deals.fact';
import { count, figure, ratio } from './figure.rules';

export const stuckRate = figure({
  code: 'stuck-rate',
  title: 'Share of stuck deals',
  unit: 'ratio',
  formula: 'stuck deals / open deals',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: ratio(count({ stuck: true }), count()),
});
