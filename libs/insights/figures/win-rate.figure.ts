import { dealFact } from './facts/deals.fact';
import { count, figure, ratio } from './figure.rules';

export const winRate = figure({
  code: 'win-rate',
  title: 'Win rate',
  unit: 'ratio',
  formula: 'won / (won + lost), of the deals that closed in the period',
  rows: { fact: dealFact, time: { at: 'closedAt' } },
  value: ratio(count({ status: 'won' }), count()),
});
