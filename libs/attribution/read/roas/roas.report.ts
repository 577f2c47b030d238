import { field, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { askedPeriod, modelArgument, periodArguments } from '../report-arguments';
import { roas } from './roas.query';
import { roasAnswer, roasDimensions, salesTimes } from './roas.rules';

export const roasReport = report({
  name: 'roas',
  description: 'Spend, ROAS, CAC, cost per stage, influenced and sourced revenue, and assists of a period.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...periodArguments,
    by: field.enum(roasDimensions, 'What to sum by.', { default: 'channel' }),
    model: modelArgument('An additive model; by default that of the definition.'),
    ratePerMinute: field.amount('What a minute of sales costs; nothing by default.', { optional: true }),
    salesTime: field.enum(salesTimes, 'Which time of sales to count.', { default: 'all' }),
  },
  answer: field.object(roasAnswer, 'The report.'),
  ask: async ({ by, model, ratePerMinute, salesTime, ...asked }, context) =>
    roas(context.models, {
      ...(await askedPeriod(asked, context)),
      ...{ by, salesTime },
      ...(model !== undefined && { model }),
      ...(ratePerMinute && { ratePerMinute }),
    }),
});
