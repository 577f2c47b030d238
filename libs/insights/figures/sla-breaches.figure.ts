import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaBreaches = figure({
  code: 'sla-breaches',
  title: 'SLA breaches',
  unit: 'count',
  formula:
    'obligations due in the period that were not met on time, whether they were met late or not at all, by when things happened',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ state: ['met late', 'breached'] }),
});
