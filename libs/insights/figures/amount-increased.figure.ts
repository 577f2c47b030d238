import { dealChangeFact } from './facts/changes.fact';
import { figure, sum } from './figure.rules';

export const amountIncreased = figure({
  code: 'amount-increased',
  title: 'Amount increased',
  unit: 'money',
  formula:
    'by how much amounts of open deals were increased in the period; a first amount, or one in another currency, is no increase',
  rows: { fact: dealChangeFact, where: { status: 'open' }, time: { at: 'at' } },
  value: sum('increase', { increase: { known: true } }),
});
