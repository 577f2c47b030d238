import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaDue = figure({
  code: 'sla-due',
  title: 'Obligations due',
  unit: 'count',
  formula: 'obligations that are due in the period: met, met late, breached or pending; by kind',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ state: ['met', 'met late', 'breached', 'pending'] }),
});
