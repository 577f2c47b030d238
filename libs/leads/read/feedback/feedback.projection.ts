import { type Instant, wordKey, projection } from '@baton/kernel';
import type { FeedbackEvent, FeedbackTopic } from '../../write/feedback/feedback.events';

/** What sales reported once, as it stands. The rep's own words are in the lead's document. Unknown is null. */
export interface FeedbackDocument extends Readonly<Record<FeedbackTopic, readonly string[]>> {
  readonly feedbackId: string;
  readonly leadId: string | null;
  readonly opportunityId: string | null;
  readonly touchId: string | null;
  readonly industry: string | null;
  /** The industry without regard to its spelling. */
  readonly industryKey: string | null;
  readonly campaign: string | null;
  /** The campaign without regard to its spelling. */
  readonly campaignKey: string | null;
  readonly givenAt: Instant;
  /** Who reported it. */
  readonly by: string;
  readonly correctedAt: Instant | null;
  /** Taken back: it counts no more. */
  readonly withdrawn: boolean;
}

type Content = Pick<FeedbackDocument, FeedbackTopic | 'industry' | 'industryKey' | 'campaign' | 'campaignKey'>;
type FeedbackData = Readonly<Record<FeedbackTopic, readonly string[]>> & {
  readonly industry?: string;
  readonly campaign?: string;
};
const contentOf = ({
  objections,
  competitors,
  questions,
  messages,
  content,
  industry,
  campaign,
}: FeedbackData): Content => ({
  objections,
  competitors,
  questions,
  messages,
  content,
  industry: industry ?? null,
  industryKey: industry === undefined ? null : wordKey(industry),
  campaign: campaign ?? null,
  campaignKey: campaign === undefined ? null : wordKey(campaign),
});

/** One document per feedback. */
export const feedbackList = projection<FeedbackDocument, FeedbackEvent>({
  name: 'feedback',
  version: 2,
  columns: {
    leadId: 'text',
    opportunityId: 'text',
    industryKey: 'text',
    campaignKey: 'text',
    givenAt: 'text',
    withdrawn: 'flag',
  },
  keys: ({ data }) => [data.feedbackId],
  initial: (feedbackId) => ({
    feedbackId,
    leadId: null,
    opportunityId: null,
    touchId: null,
    objections: [],
    competitors: [],
    questions: [],
    messages: [],
    content: [],
    industry: null,
    industryKey: null,
    campaign: null,
    campaignKey: null,
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
