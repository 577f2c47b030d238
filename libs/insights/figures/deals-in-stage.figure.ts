import { dealStayFact } from './facts/stays.fact';
import { count, figure } from './figure.rules';

export const dealsInStage = figure({
  code: 'deals-in-stage',
  title: 'Deals in stage',
  unit: 'count',
  formula:
    'deals that are in a pipeline stage at the end of the period, as it stood then: a deal that was lost and reopened later was lost then; by stage',
  rows: { fact: dealStayFact, time: { from: 'enteredAt', until: 'leftAt' } },
  value: count(),
});
