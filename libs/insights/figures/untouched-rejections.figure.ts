import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const untouchedRejections = figure({
  code: 'untouched-rejections',
  title: 'Rejections without an attempt',
  unit: 'ratio',
  formula: 'rejected handoffs without any outbound touch of sales / rejected handoffs of the period',
  rows: { fact: handoffFact, where: { disposition: 'rejected' }, time: { at: 'handedOffAt' } },
  value: ratio(count({ attempts: { atMost: 0 } }), count()),
});
