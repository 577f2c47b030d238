import { dealStayFact } from './facts/stays.fact';
import { figure, quantile } from './figure.rules';

export const p90DealTimeInStage = figure({
  code: 'p90-deal-time-in-stage',
  title: 'Time of deals in stage, 90th percentile',
  unit: 'days',
  formula: 'days within which 90 % of the stays of deals that ended in the period were over; by stage',
  rows: { fact: dealStayFact, time: { at: 'leftAt' } },
  value: quantile(0.9, 'stayMs'),
});
