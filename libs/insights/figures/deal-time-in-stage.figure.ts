import { dealStayFact } from './facts/stays.fact';
import { figure, median } from './figure.rules';

export const dealTimeInStage = figure({
  code: 'deal-time-in-stage',
  title: 'Median time of deals in stage',
  unit: 'days',
  formula: 'median days of the stays of deals that ended in the period; by stage',
  rows: { fact: dealStayFact, time: { at: 'leftAt' } },
  value: median('stayMs'),
});
