import { journeyFact } from './facts/journeys.fact';
import { figure, count } from './figure.rules';

export const winsBeforeContact = figure({
  code: 'wins-before-contact',
  title: 'Wins before the first contact',
  unit: 'count',
  formula: 'deals won in the period whose first contact is dated after the win',
  rows: { fact: journeyFact, where: { outcome: 'won' }, time: { at: 'closedAt' } },
  value: count({ contact: 'after the close' }),
});
