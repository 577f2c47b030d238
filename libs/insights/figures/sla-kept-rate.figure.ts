import { clockFact } from './facts/clocks.fact';
import { count, figure, ratio } from './figure.rules';

export const slaKeptRate = figure({
  code: 'sla-kept-rate',
  title: 'SLA kept',
  unit: 'ratio',
  formula:
    'obligations met on time / obligations met or breached, of those that started in the period; open ones count once they end',
  rows: { fact: clockFact, time: { at: 'startedAt' } },
  value: ratio(count({ outcome: 'met' }), count({ outcome: ['met', 'breached'] })),
});
