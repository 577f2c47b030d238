import { policy, send, type Instant, type StoredEvent } from '@baton/kernel';
import { ToFeedback, type FeedbackEvent } from '../write/feedback/feedback.events';
import { leadDecider } from '../write/lead/lead.decider';
import type { LeadEvent } from '../write/lead/lead.events';
import { touchesOf } from '../write/lead/lead.model';
import { profileOf } from '../write/lead/profile.model';

/** Adds to feedback the industry and latest campaign of the person that were known when it was given. */
export const attributeFeedback = policy<FeedbackEvent>({
  name: 'attribute-feedback',
  version: 1,
  from: 'start',
  answers: ['feedback/withdrawn'],
  on: {
    FeedbackGiven: async ({ data: { feedbackId, leadId, industry, campaign }, occurredAt }, look) => {
      if (leadId === undefined || (industry !== undefined && campaign !== undefined)) return [];
      const known = attributionOf(await look(leadDecider, leadId), occurredAt);
      if (known.industry === undefined && known.campaign === undefined) return [];
      return [send(ToFeedback, feedbackId, { type: 'AttributeFeedback', data: { feedbackId, ...known } })];
    },
  },
});

/** The industry of the profile, and the campaign of the latest touch that names one, up to an instant. */
const attributionOf = (history: readonly StoredEvent<LeadEvent>[], at: Instant) => {
  let last: { readonly campaign: string; readonly at: Instant } | undefined;
  const happened = history.filter(({ occurredAt }) => occurredAt <= at);
  for (const { campaign, at: when } of happened.flatMap(touchesOf))
    if (campaign && when <= at && (!last || when >= last.at)) last = { campaign, at: when };
  const { industry } = profileOf(happened);
  return { ...(industry !== undefined && { industry: String(industry) }), ...(last && { campaign: last.campaign }) };
};
