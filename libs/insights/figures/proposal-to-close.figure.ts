import { dealFact } from './facts/deals.fact';
import { count, figure, ratio } from './figure.rules';

export const proposalToClose = figure({
  code: 'proposal-to-close',
  title: 'Proposal to close',
  unit: 'ratio',
  formula: 'won deals that had a proposal / closed deals that had one',
  rows: { fact: dealFact, time: { at: 'closedAt' } },
  value: ratio(count({ status: 'won', proposals: { atLeast: 1 } }), count({ proposals: { atLeast: 1 } })),
});
