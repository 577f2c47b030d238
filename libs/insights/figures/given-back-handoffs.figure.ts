import { handoffFact } from './facts/handoffs.fact';
import { count, figure } from './figure.rules';

export const givenBackHandoffs = figure({
  code: 'given-back-handoffs',
  title: 'Given back handoffs',
  unit: 'count',
  formula: 'handoffs of the period that were accepted, and rejected, recycled or disqualified later',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: count({ givenBack: { known: true } }),
});
