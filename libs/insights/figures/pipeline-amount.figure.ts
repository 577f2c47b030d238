import { openDealFact } from './facts/open-deals.fact';
import { figure, sum } from './figure.rules';

export const pipelineAmount = figure({
  code: 'pipeline-amount',
  title: 'Amount in the pipeline',
  unit: 'money',
  formula: 'amounts of the deals that are open at the end of the period, as they stood then',
  rows: { fact: openDealFact, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: sum('amount'),
});
