import { field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { breakdownArgument, dealFilterArguments, periodArguments, zoneArgument } from '../report-arguments';
import { salesCycle } from './sales-cycle.query';

const row = objectFields('SalesCycleRow', 'How long won deals took from the first contact to the win.', {
  key: field.text('Product, owner, source or month of the win; null for deals without one, and for the total.', {
    nullable: true,
  }),
  deals: field.integer('Won deals with a first contact; the days are theirs.', { unit: 'deals' }),
  withoutContact: field.integer('Won deals that nobody was in contact with.', { unit: 'deals' }),
  wonBeforeContact: field.integer(
    'Won deals whose first contact is dated after the win: they have no duration and are in no figure.',
    { unit: 'deals' },
  ),
  medianDays: field.number('Median days.', { nullable: true }),
  p90Days: field.number('90th percentile in days.', { nullable: true }),
  meanDays: field.number('Mean days.', { nullable: true }),
});
const { account: _, ...filters } = dealFilterArguments;

export const salesCycleReport = report({
  name: 'salesCycle',
  description: 'Days from the first contact to the win, over the deals won.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...breakdownArgument, ...periodArguments, ...zoneArgument, ...filters },
  answer: field.object(
    objectFields('SalesCycle', 'Sales cycle length.', {
      total: field.object(row, 'All deals won in the period.'),
      rows: field.object(row, 'One row per value of the breakdown, sorted; empty without one.', { list: true }),
      percentiles: field.text('"exact": percentiles are taken over all values, not from a sketch.'),
      warnings: field.text('What to know before trusting a figure.', { list: true }),
    }),
    'The report.',
  ),
  ask: ({ by, from, to, timeZone, ...only }, { models }) =>
    salesCycle(models, { by, from, to, timeZone, filters: only }),
});
