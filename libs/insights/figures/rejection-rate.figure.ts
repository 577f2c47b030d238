import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const rejectionRate = figure({
  code: 'rejection-rate',
  title: 'Rejection rate',
  unit: 'ratio',
  formula: 'handoffs that were rejected before they were accepted / handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ disposition: 'rejected' }), count(), { open: { disposition: 'waiting' } }),
});
