import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const givenBackRate = figure({
  code: 'given-back-rate',
  title: 'Given back after acceptance',
  unit: 'ratio',
  formula: 'accepted handoffs that were given back later / accepted handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ disposition: 'accepted', givenBack: { known: true } }), count({ disposition: 'accepted' })),
});
