import { openDealFact } from './facts/open-deals.fact';
import { count, figure, ratio } from './figure.rules';

export const activeRate = figure({
  code: 'active-rate',
  title: 'Share of active deals',
  unit: 'ratio',
  formula: 'active deals / open deals in stages with a silence limit',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: ratio(count({ silent: false }), count({ silent: { known: true } })),
});
