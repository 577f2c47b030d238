import { flagField, idField, instantField, readModel, roles, textField, wordKey, type DocumentOf } from '@baton/kernel';
import { feedbackTopics, type FeedbackEvent, type FeedbackTopic } from '../../write/feedback/feedback.events';
import { mergedLeadsOf } from '../leads/merged-leads.rules';

export const topicMeanings: Readonly<Record<FeedbackTopic, string>> = {
  objections: 'Objections against buying.',
  competitors: 'Competitors that were mentioned.',
  questions: 'Questions that were asked.',
  messages: 'Messages that resonated.',
  content: 'Content that helped.',
};
const codes = <T extends FeedbackTopic>(topic: T) =>
  textField(topicMeanings[topic], { list: true, filter: true, filterBy: `${topic}Keys` });
const keys = textField('The codes in one spelling.', { list: true, column: true, hidden: true });
const key = textField('The same in one spelling.', { nullable: true, column: true, hidden: true });
const fields = {
  feedbackId: idField('The feedback’s id.', { filter: true }),
  leadId: idField('The lead it is about.', {
    nullable: true,
    filter: true,
    entity: 'Lead',
    alsoIds: mergedLeadsOf,
  }),
  opportunityId: idField('The deal it is about.', { nullable: true, filter: true, entity: 'Opportunity' }),
  touchId: idField('The call or other touch it is about.', { nullable: true, filter: true }),
  ...{ objections: codes('objections'), competitors: codes('competitors'), questions: codes('questions') },
  ...{ messages: codes('messages'), content: codes('content') },
  ...{ objectionsKeys: keys, competitorsKeys: keys, questionsKeys: keys, messagesKeys: keys, contentKeys: keys },
  industry: textField('Industry of the company.', { nullable: true, filter: true, filterBy: 'industryKey' }),
  industryKey: key,
  campaign: textField('The campaign it names, or the latest one that had reached the lead.', {
    ...{ nullable: true, filter: true, filterBy: 'campaignKey' },
  }),
  campaignKey: key,
  givenAt: instantField('When it was given.', { filter: true, sort: true }),
  by: textField('The user who gave it.', { filter: true, sort: true }),
  correctedAt: instantField('When it was last corrected.', { nullable: true, filter: true, sort: true }),
  withdrawn: flagField('True if it was taken back; lists leave it out.', { column: true }),
} as const;

/** What sales reported once, as it stands. The rep's own words are in the lead's document. Unknown is null. */
export type FeedbackDocument = DocumentOf<typeof fields>;

type TopicKeys = Pick<FeedbackDocument, `${FeedbackTopic}Keys`>;
type Content = TopicKeys &
  Pick<FeedbackDocument, FeedbackTopic | 'industry' | 'industryKey' | 'campaign' | 'campaignKey'>;
type FeedbackData = Readonly<Record<FeedbackTopic, readonly string[]>> & {
  readonly industry?: string;
  readonly campaign?: string;
};
const contentOf = ({ objections, competitors, questions, messages, content, ...about }: FeedbackData): Content => {
  const topics = { objections, competitors, questions, messages, content };
  const { industry, campaign } = about;
  return {
    ...topics,
    ...(Object.fromEntries(
      feedbackTopics.map((topic) => [`${topic}Keys`, topics[topic].map(wordKey)]),
    ) as unknown as TopicKeys),
    industry: industry ?? null,
    industryKey: industry === undefined ? null : wordKey(industry),
    campaign: campaign ?? null,
    campaignKey: campaign === undefined ? null : wordKey(campaign),
  };
};

/** One document per feedback. */
export const feedbackList = readModel<FeedbackDocument, FeedbackEvent>({
  name: 'feedback',
  version: 3,
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
  initial: (feedbackId) => ({
    feedbackId,
    leadId: null,
    opportunityId: null,
    touchId: null,
    ...contentOf({ objections: [], competitors: [], questions: [], messages: [], content: [] }),
    givenAt: '', // FeedbackGiven is the first event of every feedback
    by: '',
    correctedAt: null,
    withdrawn: false,
  }),
  on: {
    FeedbackGiven: (doc, { data, occurredAt, meta }) => ({
      ...doc,
      leadId: data.leadId ?? null,
      opportunityId: data.opportunityId ?? null,
      touchId: data.touchId ?? null,
      ...contentOf(data),
      givenAt: occurredAt,
      by: meta.actor,
    }),
    FeedbackAttributed: (doc, { data: { industry, campaign } }) => ({
      ...doc,
      ...(industry !== undefined && { industry, industryKey: wordKey(industry) }),
      ...(campaign !== undefined && { campaign, campaignKey: wordKey(campaign) }),
    }),
    FeedbackCorrected: (doc, { data, occurredAt }) => ({ ...doc, ...contentOf(data), correctedAt: occurredAt }),
    FeedbackWithdrawn: (doc) => ({ ...doc, withdrawn: true }),
  },
});
