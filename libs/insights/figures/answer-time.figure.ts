import { handoffFact } from './facts/handoffs.fact';
import { figure, median } from './figure.rules';

export const answerTime = figure({
  code: 'answer-time',
  title: 'Median time to an answer',
  unit: 'hours',
  formula: 'median hours from the handoff to its disposition, of the answered handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: median('answerMs'),
});
