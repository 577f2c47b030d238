import { handoffFact } from './facts/handoffs.fact';
import { figure, median } from './figure.rules';

export const attemptsBeforeReturn = figure({
  code: 'attempts-before-return',
  title: 'Attempts before a return',
  unit: 'count',
  formula:
    'median number of outbound touches of sales before a rejection or a return to marketing, also one after the acceptance, of the handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: median('attempts', { returned: true }),
});
