import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const stuckDeals = figure({
  code: 'stuck-deals',
  title: 'Stuck deals',
  unit: 'count',
  formula:
    'open deals that are longer in their stage, all stays together, than 80 % of the won deals were (if 30 were won; otherwise than the limit of the stage), or silent; the pipeline may set other thresholds',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count({ stuck: true }),
});
