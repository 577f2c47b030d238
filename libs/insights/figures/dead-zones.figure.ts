import { deadZoneFact } from './facts/dead-zones.fact';
import { count, figure } from './figure.rules';

export const deadZones = figure({
  code: 'dead-zones',
  title: 'Dead zones',
  unit: 'count',
  formula:
    'times between two acts of our teams about a person that are longer than the silence limit of the stage at their beginning, which lies in the period; those that last run to the instant of the question',
  rows: { fact: deadZoneFact, time: { at: 'from' } },
  value: count(),
});
