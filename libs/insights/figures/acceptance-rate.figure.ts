import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const acceptanceRate = figure({
  code: 'acceptance-rate',
  title: 'Acceptance rate',
  unit: 'ratio',
  formula: 'handoffs that were ever accepted / handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ disposition: 'accepted' }), count(), { open: { disposition: 'waiting' } }),
});
