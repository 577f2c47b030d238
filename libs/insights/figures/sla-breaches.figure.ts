import { clockFact } from './facts/clocks.fact';
import { count, figure } from './figure.rules';

export const slaBreaches = figure({
  code: 'sla-breaches',
  title: 'SLA breaches',
  unit: 'count',
  formula: 'obligations that started in the period and were breached',
  rows: { fact: clockFact, where: { outcome: 'breached' }, time: { at: 'startedAt' } },
  value: count(),
});
