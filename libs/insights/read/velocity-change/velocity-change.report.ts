import { field, objectFields, roles, type Field, type ValueFilter } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { figureOf } from '../../figures/catalogue.rules';
import { dimensionsOf } from '../../figures/figure.rules';
import { figureTotal, methodOfScope } from '../../figures/figures.report';
import { periodArguments, zoneArgument } from '../report-arguments';
import { velocityChange } from './velocity-change.query';

const dimensions = dimensionsOf(figureOf('velocity'));
const filterArguments = Object.fromEntries(
  dimensions.map((name) => [name, field.filter(`Only deals with these values as their ${name}.`)]),
) as Readonly<Record<string, ReturnType<typeof field.filter>>>;
const period = objectFields('PeriodInput', 'A period, its end not in it.', periodArguments);
const levers = (which: string): Field => field.object(figureTotal, which, { list: true });

export const velocityChangeReport = report({
  name: 'velocityChange',
  description: 'Which of the four levers moved the velocity between two periods.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    periodA: field.object(period, 'The earlier period.'),
    periodB: field.object(period, 'The later period.'),
    ...zoneArgument,
    ...filterArguments,
  },
  answer: field.object(
    objectFields('VelocityChange', 'Two periods, and what moved the velocity from the first to the second.', {
      a: levers('The figures of period A: velocity and what it is made of.'),
      b: levers('The same of period B.'),
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
    }),
    'The report.',
  ),
  ask: async ({ periodA, periodB, timeZone, ...given }, context) => {
    const { models, at } = context;
    const filters = Object.fromEntries(
      dimensions.map((name) => [name, (given as Readonly<Record<string, ValueFilter | undefined>>)[name]]),
    );
    const { contributions, ...change } = await velocityChange(
      models,
      { periodA: { ...periodA, timeZone }, periodB: { ...periodB, timeZone }, filters },
      at,
      methodOfScope({ ...periodB, timeZone }, context),
    );
    return { ...change, contributions: contributions.map(({ change: of, levers: by }) => ({ change: of, ...by })) };
  },
});
