import { touchFact } from './facts/touches.fact';
import { figure, sum } from './figure.rules';

export const salesMinutes = figure({
  code: 'sales-minutes',
  title: 'Minutes of sales',
  unit: 'count',
  formula: 'minutes that touches of sales took, as they were recorded',
  rows: { fact: touchFact, where: { team: 'sales' }, time: { at: 'at' } },
  value: sum('minutes'),
});
