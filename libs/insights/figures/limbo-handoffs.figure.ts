import { limboFact } from './facts/limbo.fact';
import { count, figure } from './figure.rules';

export const limboHandoffs = figure({
  code: 'limbo-handoffs',
  title: 'Handoffs in limbo',
  unit: 'count',
  formula: 'handoffs that at the end of the period have waited for an answer for 48 hours or longer',
  rows: { fact: limboFact, time: { takenAt: 'takenAt', since: 'handedOffAt' } },
  value: count(),
});
