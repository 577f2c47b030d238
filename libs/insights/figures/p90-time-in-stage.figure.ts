import { leadStayFact } from './facts/stays.fact';
import { figure, quantile } from './figure.rules';

export const p90TimeInStage = figure({
  code: 'p90-time-in-stage',
  title: 'Time in stage, 90th percentile',
  unit: 'days',
  formula: 'days within which 90 % of the stays of leads that ended in the period were over; by stage',
  rows: { fact: leadStayFact, time: { at: 'leftAt' } },
  value: quantile(0.9, 'stayMs'),
});
