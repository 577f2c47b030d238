import { leadStayFact } from './facts/stays.fact';
import { count, figure } from './figure.rules';

export const stageExits = figure({
  code: 'stage-exits',
  title: 'Stage exits',
  unit: 'count',
  formula: 'times that leads left a lifecycle stage in the period; by stage',
  rows: { fact: leadStayFact, time: { at: 'leftAt' } },
  value: count(),
});
