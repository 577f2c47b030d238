import { leadStayFact } from './facts/stays.fact';
import { count, figure } from './figure.rules';

export const stageEntries = figure({
  code: 'stage-entries',
  title: 'Stage entries',
  unit: 'count',
  formula: 'times that leads came to a lifecycle stage in the period; by stage',
  rows: { fact: leadStayFact, time: { at: 'enteredAt' } },
  value: count(),
});
