import {
  byWordKey,
  conditionsOf,
  type Instant,
  wordKey,
  monthOf,
  type ValueFilter,
  type Where,
  zoneOf,
} from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { FeedbackTopic } from '../../write/feedback/feedback.events';
import { mergedLeadsOf } from '../leads/merged-leads.rules';
import { feedbackList, type FeedbackDocument } from './feedback.read-model';

export const feedbackBreakdowns = ['month', 'industry', 'campaign'] as const;
export type FeedbackBreakdown = (typeof feedbackBreakdowns)[number];

/** Which feedback to count; withdrawn feedback is never counted. */
export interface FeedbackFilters {
  /** The person, including all leads merged into it. */
  readonly leadId?: string;
  readonly opportunityId?: string;
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  /** Both are compared without regard to spelling. */
  readonly industry?: ValueFilter;
  readonly campaign?: ValueFilter;
}
export interface TopicsQuestion extends FeedbackFilters {
  readonly topic: FeedbackTopic;
  readonly by?: FeedbackBreakdown;
  /** IANA zone of the months; UTC by default. */
  readonly timeZone?: string;
  /** Maximum number of topics per group; all by default. */
  readonly top?: number;
}
export interface TopicRow {
  /** The month, industry or campaign; null if unknown, or without a breakdown. */
  readonly group: string | null;
  /** The spelling that occurred first. */
  readonly code: string;
  /** Number of feedback items with this topic. */
  readonly feedback: number;
}
export interface FeedbackTopics {
  /** All counted feedback, also without this kind of topic. */
  readonly feedback: number;
  /** By group (null first), then most frequent first, then by spelling. */
  readonly rows: readonly TopicRow[];
}
const compare = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null || (b !== null && a < b) ? -1 : 1;

const whereOf = async (
  models: ReadModels,
  { leadId, opportunityId, from, to, industry, campaign }: FeedbackFilters,
): Promise<Where> => ({
  withdrawn: { eq: false },
  ...(leadId && { leadId: { in: [leadId, ...(await mergedLeadsOf(models, [leadId]))] } }),
  ...(opportunityId && { opportunityId: { eq: opportunityId } }),
  ...((from || to) && { givenAt: { ...(from && { gte: from }), ...(to && { lt: to }) } }),
  ...conditionsOf({ industryKey: industry && byWordKey(industry), campaignKey: campaign && byWordKey(campaign) }),
});

/** The group of a feedback item, as a key that ignores spelling. */
const groupOf = (doc: FeedbackDocument, by: FeedbackBreakdown | null | undefined, timeZone: string): string | null => {
  if (!by) return null;
  if (by === 'month') return monthOf(doc.givenAt, timeZone);
  const spelled = doc[by];
  return spelled === null ? null : wordKey(spelled);
};

/**
 * The most frequent codes of one topic; each feedback item counts a code once, whatever its spelling.
 * @throws Refused `time/unknown-zone`
 */
export const feedbackTopics = async (models: ReadModels, question: TopicsQuestion): Promise<FeedbackTopics> => {
  const { topic, by, top } = question;
  const timeZone = zoneOf(question.timeZone);
  let feedback = 0;
  const groups = new Map<
    string | null,
    { label: string | null; codes: Map<string, { code: string; count: number }> }
  >();
  for await (const page of models.pages(feedbackList, await whereOf(models, question), [{ column: 'givenAt' }]))
    for (const { doc } of page) {
      feedback++;
      const group = groupOf(doc, by, timeZone);
      const label = by === 'industry' || by === 'campaign' ? doc[by] : group;
      if (!groups.has(group)) groups.set(group, { label, codes: new Map() });
      const { codes } = groups.get(group)!;
      for (const code of doc[topic]) {
        const known = codes.get(wordKey(code));
        if (known) known.count++;
        else codes.set(wordKey(code), { code, count: 1 });
      }
    }
  const rows = [...groups]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([, { label, codes }]) =>
      [...codes.values()]
        .sort((a, b) => b.count - a.count || compare(a.code, b.code))
        .slice(0, top ?? codes.size)
        .map(({ code, count }) => ({ group: label, code, feedback: count })),
    );
  return { feedback, rows };
};
