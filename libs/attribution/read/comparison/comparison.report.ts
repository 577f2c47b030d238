import { field, objectFields, Refused, roles } from '@baton/kernel';
import { pageField, report } from '@baton/platform/report';
import { creditModels } from '../../models/models.rules';
import { attributionAnswer } from '../attribution/attribution.rules';
import { attributionAnswerOf } from '../data-driven/data-driven.rules';
import { askedPeriod, byArgument, periodArguments } from '../report-arguments';
import { comparedDeals, comparison } from './comparison.query';
import { comparedDeal, comparedKey } from './comparison.rules';

export const comparisonReport = report({
  name: 'compareModels',
  description: 'Credited conversions and revenue of the deals won in a period under several models, side by side.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...periodArguments,
    ...byArgument,
    models: field.enum(creditModels, 'The models to compare; the first is compared with.', { list: true }),
  },
  answer: field.object(
    objectFields('ModelComparison', 'Several models side by side; the first is what the others are compared with.', {
      reports: field.object(attributionAnswer, 'The report of each model, in the order asked.', { list: true }),
      rows: field.object(comparedKey, 'Every key under each model, over all deals of the period.', { list: true }),
      deals: pageField(
        comparedDeal,
        'The deals one by one, by their close. Models that share a whole period at once are left out.',
      ),
    }),
    'The models side by side.',
  ),
  ask: async ({ by, models, ...asked }, context) => {
    if (models.length === 0 || models.length > creditModels.values.length)
      throw new Refused(
        'graphql/invalid-argument',
        `models must name 1 to ${creditModels.values.length} models.`,
        'models',
      );
    const question = { ...(await askedPeriod(asked, context)), by, models };
    const { reports, rows } = await comparison(context.models, question);
    return {
      reports: reports.map(attributionAnswerOf),
      rows,
      deals: (page) => comparedDeals(context.models, question, page),
    };
  },
});
