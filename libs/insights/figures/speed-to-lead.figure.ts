import { handoffFact } from './facts/handoffs.fact';
import { figure, median } from './figure.rules';

export const speedToLead = figure({
  code: 'speed-to-lead',
  title: 'Speed to lead',
  unit: 'hours',
  formula:
    'median hours from the handoff to the first outbound touch of sales, of the handoffs of the period that had one',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: median('attemptMs'),
});
