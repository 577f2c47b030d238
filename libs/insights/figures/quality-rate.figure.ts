import { openDealFact } from './facts/open-deals.fact';
import { count, figure, ratio } from './figure.rules';

export const qualityRate = figure({
  code: 'quality-rate',
  title: 'Share of deals of quality',
  unit: 'ratio',
  formula: 'deals of quality / open deals of pipelines with quality criteria',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: ratio(count({ quality: true }), count({ quality: { known: true } })),
});
