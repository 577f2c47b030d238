import { dealFact } from './facts/deals.fact';
import { figure, sum } from './figure.rules';

export const pipelineGenerated = figure({
  code: 'pipeline-generated',
  title: 'Pipeline generated',
  unit: 'money',
  formula: 'sum of the amounts, as they are known, of the deals opened in the period',
  rows: { fact: dealFact, time: { at: 'openedAt' } },
  value: sum('amount'),
});
