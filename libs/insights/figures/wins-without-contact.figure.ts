import { journeyFact } from './facts/journeys.fact';
import { figure, count } from './figure.rules';

export const winsWithoutContact = figure({
  code: 'wins-without-contact',
  title: 'Wins without contact',
  unit: 'count',
  formula: 'deals won in the period that nobody was in contact with',
  rows: { fact: journeyFact, where: { outcome: 'won' }, time: { at: 'closedAt' } },
  value: count({ contact: 'none' }),
});
