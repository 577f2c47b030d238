import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaMetLate = figure({
  code: 'sla-met-late',
  title: 'Obligations met late',
  unit: 'count',
  formula: 'obligations due in the period that were met after they were due',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ state: 'met late' }),
});
