import { leadStayFact } from './facts/stays.fact';
import { figure, median } from './figure.rules';

export const timeInStage = figure({
  code: 'time-in-stage',
  title: 'Median time in stage',
  unit: 'days',
  formula: 'median days of the stays of leads that ended in the period; by stage',
  rows: { fact: leadStayFact, time: { at: 'leftAt' } },
  value: median('stayMs'),
});
