import { integerField, numberField, objectField, objectFields, roles, textField } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { breakdownArgument, dealFilterArguments, periodArguments, zoneArgument } from '../report-arguments';
import { salesCycle } from './sales-cycle.query';

const row = objectFields('SalesCycleRow', 'How long won deals took from the first contact to the win.', {
  key: textField('Product, owner, source or month of the win; null for deals without one, and for the total.', {
    nullable: true,
  }),
  deals: integerField('Won deals with a first contact; the days are theirs.', { unit: 'deals' }),
  withoutContact: integerField('Won deals that nobody was in contact with.', { unit: 'deals' }),
  wonBeforeContact: integerField(
    'Won deals whose first contact is dated after the win: they have no duration and are in no figure.',
    { unit: 'deals' },
  ),
  medianDays: numberField('Median days.', { nullable: true }),
  p90Days: numberField('90th percentile in days.', { nullable: true }),
  meanDays: numberField('Mean days.', { nullable: true }),
});
const { account: _, ...filters } = dealFilterArguments;

export const salesCycleReport = report({
  name: 'salesCycle',
  description: 'Days from the first contact to the win, over the deals won.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...breakdownArgument, ...periodArguments, ...zoneArgument, ...filters },
  answer: objectField(
    objectFields('SalesCycle', 'Sales cycle length.', {
      total: objectField(row, 'All deals won in the period.'),
      rows: objectField(row, 'One row per value of the breakdown, sorted; empty without one.', { list: true }),
      percentiles: textField('"exact": percentiles are taken over all values, not from a sketch.'),
      warnings: textField('What to know before trusting a figure.', { list: true }),
    }),
    'The report.',
  ),
  ask: ({ by, from, to, timeZone, ...only }, { models }) =>
    salesCycle(models, { by, from, to, timeZone, filters: only }),
});
