import { obligationFact } from './facts/obligations.fact';
import { count, figure, ratio } from './figure.rules';

export const slaKeptRate = figure({
  code: 'sla-kept-rate',
  title: 'SLA kept',
  unit: 'ratio',
  formula:
    'obligations due in the period that were met on time / those that were met, met late or breached, by when things happened',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: ratio(count({ state: 'met' }), count({ state: ['met', 'met late', 'breached'] })),
});
