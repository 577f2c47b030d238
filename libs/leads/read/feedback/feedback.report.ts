import { boundsOf, field, enumeration, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { feedbackTopics, type FeedbackBreakdown } from './feedback.query';
import { feedbackTopicNames as topics } from './feedback.read-model';

const breakdowns = enumeration<FeedbackBreakdown>('FeedbackBreakdown', 'How feedback is grouped.', {
  month: 'The calendar month in which the feedback was given, in the time zone.',
  industry: 'The industry; spelling variants are one group.',
  campaign: 'The campaign it names, or the latest one that had reached the lead.',
});
const optional = { optional: true } as const;

export const feedbackTopicsReport = report({
  name: 'feedbackTopics',
  description: 'The most frequent objections, competitors, questions, messages or content.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    topic: field.enum(topics, 'The topic whose codes are counted.'),
    top: field.integer('Maximum number of codes per group; all by default.', { ...optional, min: 1, max: 1000 }),
    by: field.enum(breakdowns, 'How to group the rows.', optional),
    leadId: field.id('Only feedback about this lead, or a lead merged into it.', optional),
    opportunityId: field.id('Only feedback about this deal.', optional),
    from: field.dayOrInstant('Only feedback given on or after this day or instant.', optional),
    to: field.dayOrInstant('Only feedback given before this day or instant.', optional),
    industry: field.filter('Only feedback about these industries; case is ignored.'),
    campaign: field.filter('Only feedback about these campaigns; case is ignored.'),
    timeZone: field.zone('IANA time zone of days and months; UTC by default.'),
  },
  answer: field.object(
    objectFields('FeedbackTopics', 'The most frequent codes in feedback from sales.', {
      feedback: field.integer('Number of items of feedback, including those that name nothing on the topic.'),
      rows: field.object(
        objectFields('FeedbackTopicRow', 'How many items of feedback name one code.', {
          group: field.text('The month, industry or campaign; null if unknown, or without a breakdown.', {
            nullable: true,
          }),
          code: field.text('The code or phrase, in the spelling used first.'),
          feedback: field.integer('Number of items of feedback that name it; `feedback` lists them.'),
        }),
        'By group, the most frequent first.',
        { list: true },
      ),
    }),
    'The report.',
  ),
  ask: (question, { models }) => feedbackTopics(models, { ...question, ...boundsOf(question) }),
});
