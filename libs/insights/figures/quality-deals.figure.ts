import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const qualityDeals = figure({
  code: 'quality-deals',
  title: 'Deals of quality',
  unit: 'count',
  formula: 'open deals that meet the quality criteria of their pipeline',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ quality: true }),
});
