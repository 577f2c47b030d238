import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaWaiting = figure({
  code: 'sla-waiting',
  title: 'Obligations that wait',
  unit: 'count',
  formula: 'obligations due in the period that wait, because their lead is merged into another',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ state: 'waiting' }),
});
