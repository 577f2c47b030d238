import { deadZoneFact } from './facts/dead-zones.fact';
import { figure, sum } from './figure.rules';

export const deadZoneDays = figure({
  code: 'dead-zone-days',
  title: 'Days in dead zones',
  unit: 'days',
  formula: 'days of all dead zones that begin in the period',
  rows: { fact: deadZoneFact, time: { at: 'from' } },
  value: sum('ms'),
});
