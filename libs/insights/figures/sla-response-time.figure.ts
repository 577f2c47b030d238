import { obligationFact } from './facts/obligations.fact';
import { figure, median } from './figure.rules';

export const slaResponseTime = figure({
  code: 'sla-response-time',
  title: 'Median time to meet an obligation',
  unit: 'hours',
  formula:
    'median hours of the wall clock from the start of an obligation to its fulfilment, of those due in the period that were met; by kind',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: median('responseMs', { state: ['met', 'met late'] }),
});
