import { clockFact } from './facts/clocks.fact';
import { figure, median } from './figure.rules';

export const firstResponseTime = figure({
  code: 'first-response-time',
  title: 'Median first response',
  unit: 'hours',
  formula:
    'median hours of the wall clock from the start of an obligation of first response to its fulfilment, of those that started in the period',
  rows: { fact: clockFact, where: { kind: 'first-response' }, time: { at: 'startedAt' } },
  value: median('responseMs'),
});
