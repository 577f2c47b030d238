import { obligationFact } from './facts/obligations.fact';
import { figure, median } from './figure.rules';

export const slaCountedTime = figure({
  code: 'sla-counted-time',
  title: 'Median counted time to meet an obligation',
  unit: 'hours',
  formula:
    'median hours on the clock of each obligation, business hours where the policy says so, of those due in the period that were met; by kind',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: median('countedMs', { state: ['met', 'met late'] }),
});
