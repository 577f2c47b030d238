import { dealFact } from './facts/deals.fact';
import { figure, mean } from './figure.rules';

export const dealSize = figure({
  code: 'deal-size',
  title: 'Deal size',
  unit: 'money',
  formula: 'won amount / won deals with an amount, in each currency',
  rows: { fact: dealFact, where: { status: 'won' }, time: { at: 'closedAt' } },
  value: mean('amount'),
});
