import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const belowQualityDeals = figure({
  code: 'below-quality-deals',
  title: 'Deals below quality',
  unit: 'count',
  formula: 'open deals that do not meet the quality criteria of their pipeline',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ quality: false }),
});
