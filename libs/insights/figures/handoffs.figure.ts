import { handoffFact } from './facts/handoffs.fact';
import { count, figure } from './figure.rules';

export const handoffCount = figure({
  code: 'handoffs',
  title: 'Handoffs',
  unit: 'count',
  formula: 'handoffs made in the period; a lead that was handed off twice counts twice',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: count(),
});
