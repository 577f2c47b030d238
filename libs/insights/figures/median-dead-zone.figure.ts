import { deadZoneFact } from './facts/dead-zones.fact';
import { figure, median } from './figure.rules';

export const medianDeadZone = figure({
  code: 'median-dead-zone',
  title: 'Median dead zone',
  unit: 'days',
  formula: 'median days of the dead zones that begin in the period',
  rows: { fact: deadZoneFact, time: { at: 'from' } },
  value: median('ms'),
});
