import { dealFact } from './facts/deals.fact';
import { count, figure } from './figure.rules';

export const openProposals = figure({
  code: 'open-proposals',
  title: 'Open deals with a proposal',
  unit: 'count',
  formula: 'deals that had a proposal, and were not closed by the end of the period',
  rows: { fact: dealFact, where: { proposals: { atLeast: 1 } }, time: { from: 'openedAt', until: 'closedAt' } },
  value: count(),
});
