import { dealStayFact } from './facts/stays.fact';
import { count, figure } from './figure.rules';

export const dealStageExits = figure({
  code: 'deal-stage-exits',
  title: 'Deal stage exits',
  unit: 'count',
  formula: 'times that deals left a pipeline stage in the period, closes included; by stage',
  rows: { fact: dealStayFact, time: { at: 'leftAt' } },
  value: count(),
});
