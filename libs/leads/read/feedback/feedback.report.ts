import {
  boundsOf,
  dayOrInstantField,
  enumeration,
  enumField,
  filterField,
  idField,
  integerField,
  objectField,
  objectFields,
  roles,
  textField,
  zoneField,
} from '@baton/kernel';
import { report } from '@baton/platform/report';
import type { FeedbackTopic } from '../../write/feedback/feedback.events';
import { feedbackTopics, type FeedbackBreakdown } from './feedback.query';
import { topicMeanings } from './feedback.read-model';

const topics = enumeration<FeedbackTopic>('FeedbackTopic', 'The topic of an item of feedback.', topicMeanings);
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
    topic: enumField(topics, 'The topic whose codes are counted.'),
    top: integerField('Maximum number of codes per group; all by default.', { ...optional, min: 1, max: 1000 }),
    by: enumField(breakdowns, 'How to group the rows.', optional),
    leadId: idField('Only feedback about this lead, or a lead merged into it.', optional),
    opportunityId: idField('Only feedback about this deal.', optional),
    from: dayOrInstantField('Only feedback given on or after this day or instant.', optional),
    to: dayOrInstantField('Only feedback given before this day or instant.', optional),
    industry: filterField('Only feedback about these industries; case is ignored.'),
    campaign: filterField('Only feedback about these campaigns; case is ignored.'),
    timeZone: zoneField('IANA time zone of days and months; UTC by default.'),
  },
  answer: objectField(
    objectFields('FeedbackTopics', 'The most frequent codes in feedback from sales.', {
      feedback: integerField('Number of items of feedback, including those that name nothing on the topic.'),
      rows: objectField(
        objectFields('FeedbackTopicRow', 'How many items of feedback name one code.', {
          group: textField('The month, industry or campaign; null if unknown, or without a breakdown.', {
            nullable: true,
          }),
          code: textField('The code or phrase, in the spelling used first.'),
          feedback: integerField('Number of items of feedback that name it; `feedback` lists them.'),
        }),
        'By group, the most frequent first.',
        { list: true },
      ),
    }),
    'The report.',
  ),
  ask: (question, { models }) => feedbackTopics(models, { ...question, ...boundsOf(question) }),
});
