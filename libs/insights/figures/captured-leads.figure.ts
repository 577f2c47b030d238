import { people } from './facts/people.fact';
import { count, figure } from './figure.rules';

export const capturedLeads = figure({
  code: 'captured-leads',
  title: 'Captured leads',
  unit: 'count',
  formula: 'people captured in the period',
  rows: { fact: people, time: { at: 'capturedAt' } },
  value: count(),
});
