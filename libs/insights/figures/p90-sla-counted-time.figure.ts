import { obligationFact } from './facts/obligations.fact';
import { figure, quantile } from './figure.rules';

export const p90SlaCountedTime = figure({
  code: 'p90-sla-counted-time',
  title: '90th percentile of the counted time',
  unit: 'hours',
  formula:
    'hours on the clock of each obligation within which 90 % of those due in the period that were met were met; by kind',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: quantile(0.9, 'countedMs', { state: ['met', 'met late'] }),
});
