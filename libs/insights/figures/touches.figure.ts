import { touchFact } from './facts/touches.fact';
import { count, figure } from './figure.rules';

export const touchCount = figure({
  code: 'touches',
  title: 'Touches',
  unit: 'count',
  formula: 'contacts between people and either team in the period; visits included',
  rows: { fact: touchFact, time: { at: 'at' } },
  value: count(),
});
