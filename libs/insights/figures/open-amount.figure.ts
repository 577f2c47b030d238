import { openDealFact } from './facts/open-deals.fact';
import { figure, sum } from './figure.rules';

export const openAmount = figure({
  code: 'open-amount',
  title: 'Open amount',
  unit: 'money',
  formula: 'amounts of the deals that are open at the end of the period, as they stood then',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: sum('amount'),
});
