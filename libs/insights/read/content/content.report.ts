import { field, roles } from '@baton/kernel';
import { dealOutcomes } from '@baton/opportunities';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { periodArguments, zoneArgument } from '../report-arguments';
import { contentAnswer, contentReport, dealsWithContent, dealWithContent } from './content.query';

const period = { ...periodArguments, ...zoneArgument } as const;

export const contentUseReport = report({
  name: 'contentReport',
  description:
    'Registered content that sales used in a period, and that the deals closed in it had met. What other touches name is an advertisement: see `attribution(by: AD)`.',
  ...{ allow: roles, heavy: 'period' },
  arguments: period,
  answer: field.object(contentAnswer, 'The report.'),
  ask: (question, { models }) => contentReport(models, question),
});

export const dealsWithContentReport = report({
  name: 'dealsWithContent',
  description: 'The deals behind a row of `contentReport`, newest first.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    ...period,
    content: field.text('The content, in whatever spelling.'),
    outcome: field.enum(dealOutcomes, 'Won or lost deals.'),
    usedBySales: field.flag('True: only deals in which sales itself used it; false: only the others.', {
      optional: true,
    }),
  },
  answer: field.object(dealWithContent, 'The deals.'),
  ask: async (question, { models, page }) =>
    pageOf(await dealsWithContent(models, question), page, ({ opportunityId }) => opportunityId),
});
