import { obligationFact } from './facts/obligations.fact';
import { count, figure } from './figure.rules';

export const slaMissedAsKnown = figure({
  code: 'sla-missed-as-known',
  title: 'SLA breaches as known',
  unit: 'count',
  formula:
    'obligations due in the period that were met late or breached, by when things were recorded: also those whose answer on time was recorded after the breach',
  rows: { fact: obligationFact, time: { at: 'dueAt' } },
  value: count({ missedAsKnown: true }),
});
