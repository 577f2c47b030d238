import { dealStayFact } from './facts/stays.fact';
import { count, figure } from './figure.rules';

export const dealStageEntries = figure({
  code: 'deal-stage-entries',
  title: 'Stage entries of deals',
  unit: 'count',
  formula: 'times that deals came to a pipeline stage in the period; by stage',
  rows: { fact: dealStayFact, time: { at: 'enteredAt' } },
  value: count(),
});
