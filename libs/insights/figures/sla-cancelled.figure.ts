import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaCancelled = figure({
  code: 'sla-cancelled',
  title: 'Obligations cancelled',
  unit: 'count',
  formula: 'obligations that would have been due in the period and were no longer required before',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ state: 'cancelled' }),
});
