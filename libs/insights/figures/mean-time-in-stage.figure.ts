import { leadStayFact } from './facts/stays.fact';
import { figure, mean } from './figure.rules';

export const meanTimeInStage = figure({
  code: 'mean-time-in-stage',
  title: 'Mean time in stage',
  unit: 'days',
  formula: 'mean days of the stays of leads that ended in the period; by stage',
  rows: { fact: leadStayFact, time: { at: 'leftAt' } },
  value: mean('stayMs'),
});
