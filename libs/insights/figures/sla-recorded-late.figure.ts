import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaRecordedLate = figure({
  code: 'sla-recorded-late',
  title: 'Obligations recorded late',
  unit: 'count',
  formula: 'obligations due in the period that were recorded as breached first, and as met on time later',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ recordedLate: true }),
});
