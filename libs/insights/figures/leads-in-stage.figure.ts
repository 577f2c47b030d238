import { leadStayFact } from './facts/stays.fact';
import { count, figure } from './figure.rules';

export const leadsInStage = figure({
  code: 'leads-in-stage',
  title: 'Leads in stage',
  unit: 'count',
  formula: 'leads that are in a lifecycle stage at the end of the period; by stage',
  rows: { fact: leadStayFact, time: { from: 'enteredAt', until: 'leftAt' } },
  value: count(),
});
