import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const handoffToCustomerRate = figure({
  code: 'handoff-to-customer-rate',
  title: 'Handoffs that became customers',
  unit: 'ratio',
  formula: 'handoffs after which the person became a customer before the next handoff / handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ becameCustomer: true }), count()),
});
