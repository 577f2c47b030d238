import { obligationFact } from './facts/obligations.fact';
import { figure, quantile } from './figure.rules';

export const p90SlaResponseTime = figure({
  code: 'p90-sla-response-time',
  title: '90th percentile of the time to meet an obligation',
  unit: 'hours',
  formula:
    'hours of the wall clock within which 90 % of the obligations due in the period that were met were met; by kind',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: quantile(0.9, 'responseMs', { state: ['met', 'met late'] }),
});
