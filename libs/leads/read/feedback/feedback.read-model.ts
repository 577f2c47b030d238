import { enumeration, field, orNull, readModel, roles, type DocumentOf } from '@baton/kernel';
import { type FeedbackEvent, type FeedbackTopic } from '../../write/feedback/feedback.events';
import { mergedLeadsOf } from '../leads/merged-leads.rules';

const topicMeanings: Readonly<Record<FeedbackTopic, string>> = {
  objections: 'Objections against buying.',
  competitors: 'Competitors that were mentioned.',
  questions: 'Questions that were asked.',
  messages: 'Messages that resonated.',
  content: 'Content that helped.',
};
export const feedbackTopicNames = enumeration<FeedbackTopic>(
  'FeedbackTopic',
  'The topic of an item of feedback.',
  topicMeanings,
);
const codes = <T extends FeedbackTopic>(topic: T) =>
  field.text(topicMeanings[topic], { list: true, filter: true, anySpelling: true });
const spelled = { nullable: true, filter: true, anySpelling: true } as const;
const fields = {
  feedbackId: field.id('The feedback’s id.', { filter: true }),
  leadId: field.id('The lead it is about.', {
    nullable: true,
    filter: true,
    entity: 'Lead',
    alsoIds: mergedLeadsOf,
  }),
  opportunityId: field.id('The deal it is about.', { nullable: true, filter: true, entity: 'Opportunity' }),
  touchId: field.id('The call or other touch it is about.', { nullable: true, filter: true }),
  ...{ objections: codes('objections'), competitors: codes('competitors'), questions: codes('questions') },
  ...{ messages: codes('messages'), content: codes('content') },
  industry: field.text('Industry of the company.', spelled),
  campaign: field.text('The campaign it names, or the latest one that had reached the lead.', spelled),
  givenAt: field.instant('When it was given.', { filter: true, sort: true }),
  by: field.text('The user who gave it.', { filter: true, sort: true }),
  correctedAt: field.instant('When it was last corrected.', { nullable: true, filter: true, sort: true }),
  withdrawn: field.flag('True if it was taken back; lists leave it out.', { column: true }),
} as const;

/** What sales reported once, as it stands. The rep's own words are in the lead's document. Unknown is null. */
export type FeedbackDocument = DocumentOf<typeof fields>;

type FeedbackData = Pick<FeedbackDocument, FeedbackTopic> & { readonly industry?: string; readonly campaign?: string };
const contentOf = ({ objections, competitors, questions, messages, content, ...about }: FeedbackData) => ({
  ...{ objections, competitors, questions, messages, content },
  ...orNull(about, ['industry', 'campaign']),
});

/** One document per feedback. */
export const feedbackList = readModel<FeedbackDocument, FeedbackEvent>({
  name: 'feedback',
  version: 4,
  node: 'Feedback',
  description: 'Feedback from sales about a conversation, with its corrections.',
  key: 'feedbackId',
  fields,
  lists: {
    feedback: {
      description:
        'Feedback from sales, newest first. A filter by a lead also finds feedback about the leads merged into it. The feedback behind a row of `feedbackTopics` has the code of the row in its topic, and its group as month of `givenAt`, industry or campaign.',
      orderBy: '-givenAt',
      where: { withdrawn: { eq: false } },
    },
  },
  allow: roles,
  questions: [
    { where: ['withdrawn'], orderBy: '-givenAt' },
    { where: ['withdrawn', 'leadId'], orderBy: '-givenAt' },
    { where: ['withdrawn', 'industryKey'], orderBy: '-givenAt' },
    { where: ['withdrawn', 'campaignKey'], orderBy: '-givenAt' },
  ],
  keys: ({ data }) => [data.feedbackId],
  on: {
    FeedbackGiven: (doc, { data, occurredAt, meta }) => ({
      ...doc,
      ...orNull(data, ['leadId', 'opportunityId', 'touchId']),
      ...contentOf(data),
      givenAt: occurredAt,
      by: meta.actor,
    }),
    FeedbackAttributed: (doc, { data: { feedbackId: _, ...data } }) => ({ ...doc, ...data }),
    FeedbackCorrected: (doc, { data, occurredAt }) => ({ ...doc, ...contentOf(data), correctedAt: occurredAt }),
    FeedbackWithdrawn: (doc) => ({ ...doc, withdrawn: true }),
  },
});
