import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const contactRate = figure({
  code: 'contact-rate',
  title: 'Contact rate',
  unit: 'ratio',
  formula:
    'handoffs in which an outbound touch of sales reached the person (connected, replied, met) / handoffs of the period; by answeredWithin this is speed to lead',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ contacted: true }), count(), { open: { disposition: 'waiting' } }),
});
