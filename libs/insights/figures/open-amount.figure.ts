import { dealFact } from './facts/deals.fact';
import { figure, sum } from './figure.rules';

export const openAmount = figure({
  code: 'open-amount',
  title: 'Open amount',
  unit: 'money',
  formula: 'sum of the amounts, as they are known, of the deals open at the end of the period',
  rows: { fact: dealFact, time: { from: 'openedAt', until: 'closedAt' } },
  value: sum('amount'),
});
