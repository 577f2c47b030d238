import { dealChangeFact } from './facts/changes.fact';
import { figure, sum } from './figure.rules';

export const amountDecreased = figure({
  code: 'amount-decreased',
  title: 'Amount decreased',
  unit: 'money',
  formula: 'by how much amounts of open deals were decreased in the period',
  rows: { fact: dealChangeFact, where: { status: 'open' }, time: { at: 'at' } },
  value: sum('decrease', { decrease: { known: true } }),
});
