import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

export const handoffToSqlRate = figure({
  code: 'handoff-to-sql-rate',
  title: 'Handoffs that became SQL',
  unit: 'ratio',
  formula: 'handoffs after which the person became SQL, or beyond, before the next handoff / handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ becameSql: true }), count()),
});
