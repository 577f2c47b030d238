import { field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { breakdownArgument, dealFilterArguments, periodArguments, zoneArgument } from '../report-arguments';
import { velocity, velocityChange } from './velocity.query';

const row = objectFields('VelocityRow', 'Pipeline velocity and its parts for some deals over a period.', {
  key: field.text('Product, owner, source or month (2024-01); null for deals without one, and for the total.', {
    nullable: true,
  }),
  open: field.integer('Deals open at the end of the period.', { unit: 'deals' }),
  won: field.integer('Deals won within the period.', { unit: 'deals' }),
  lost: field.integer('Deals lost within the period.', { unit: 'deals' }),
  winRate: field.number('Won / (won + lost), 0 to 1; null when nothing closed.', { unit: '0–1', nullable: true }),
  averageAmount: field.money('Mean amount of the won deals in each currency, by code.', { list: true }),
  cycleDays: field.number(
    'Mean days from opening to the win; null when nothing was won. Deals that closed before they opened are left out.',
    { nullable: true },
  ),
  perDay: field.money(
    'Open × winRate × average won amount / cycleDays from unrounded parts, in each currency, by code: there the average is over the won deals with an amount in any currency, so that velocities add up once there is a rate. None when a part is missing.',
    { list: true },
  ),
});
const warnings = field.text('What to know before trusting a figure.', { list: true });

export const velocityReport = report({
  name: 'velocity',
  description: 'How much money the pipeline earns a day, and why.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...breakdownArgument, ...periodArguments, ...zoneArgument, ...dealFilterArguments },
  answer: field.object(
    objectFields('Velocity', 'The velocity report.', {
      total: field.object(row, 'All deals together.'),
      rows: field.object(row, 'One row per value of the breakdown, sorted; empty without one.', { list: true }),
      warnings,
    }),
    'The report.',
  ),
  ask: ({ by, from, to, timeZone, ...filters }, { models }) => velocity(models, { by, from, to, timeZone, filters }),
});

const period = objectFields('PeriodInput', 'A period, its end not in it.', periodArguments);
export const velocityChangeReport = report({
  name: 'velocityChange',
  description: 'Which of the four levers moved the velocity between two periods.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    periodA: field.object(period, 'The earlier period.'),
    periodB: field.object(period, 'The later period.'),
    ...zoneArgument,
    ...dealFilterArguments,
  },
  answer: field.object(
    objectFields('VelocityChange', 'Two periods, and what moved the velocity from the first to the second.', {
      a: field.object(row, 'Period A.'),
      b: field.object(row, 'Period B.'),
      contributions: field.object(
        objectFields('VelocityContribution', 'What each lever did to the velocity; they sum to the change.', {
          change: field.money('Velocity of period B less that of period A, a day.'),
          open: field.money('By the number of open deals.'),
          winRate: field.money('By the win rate.'),
          averageAmount: field.money('By the average won amount.'),
          cycleDays: field.money('By the length of the cycle.'),
        }),
        'Shapley value of each lever, one for each currency, by code; none when a period has no velocity.',
        { list: true },
      ),
      warnings,
    }),
    'The report.',
  ),
  ask: async ({ periodA, periodB, timeZone, ...filters }, { models }) => {
    const { contributions, ...change } = await velocityChange(models, {
      periodA: { ...periodA, timeZone },
      periodB: { ...periodB, timeZone },
      filters,
    });
    return { ...change, contributions: contributions.map(({ change: of, levers }) => ({ change: of, ...levers })) };
  },
});
