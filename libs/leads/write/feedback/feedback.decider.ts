import { decider, refuse, tidy } from '@baton/kernel';
import { tidyCodes } from './codes.rules';
import {
  feedbackCommands,
  feedbackEvents,
  feedbackTopics,
  type FeedbackCommand,
  type FeedbackEvent,
  type FeedbackTopic,
} from './feedback.events';

type Topics = Readonly<Record<FeedbackTopic, readonly string[]>>;
interface FeedbackContent {
  readonly leadId?: string;
  readonly topics: Topics;
  readonly industry?: string;
  readonly campaign?: string;
  /** True if there is a note; its text is personal and not kept here. */
  readonly hasNote: boolean;
}
type Feedback =
  { readonly status: 'unknown' } | (FeedbackContent & { readonly status: 'given' }) | { readonly status: 'withdrawn' };

const unknown = () =>
  refuse('feedback/unknown', 'No feedback has this feedbackId; record it with GiveFeedback first.', 'feedbackId');
const withdrawn = () =>
  refuse('feedback/withdrawn', 'The feedback was withdrawn; record new feedback with GiveFeedback.', 'feedbackId');
const emptyFeedback = () =>
  refuse(
    'feedback/nothing-said',
    'The feedback is empty; give a note or at least one objection, competitor, question, message or content.',
  );

type GivenTopics = Partial<Readonly<Record<FeedbackTopic, string[]>>>;
/** The given topics, trimmed; the others unchanged. */
const topicsAfter = (named: GivenTopics, before?: Topics) =>
  Object.fromEntries(
    feedbackTopics.map((topic) => [topic, named[topic] ? tidyCodes(named[topic]) : [...(before?.[topic] ?? [])]]),
  ) as Record<FeedbackTopic, string[]>;
const isEmpty = (topics: Topics): boolean => feedbackTopics.every((topic) => topics[topic].length === 0);

/** Industry and campaign, trimmed; blank ones are omitted. */
const attributionOf = ({ industry, campaign }: { readonly industry?: string; readonly campaign?: string }) => ({
  ...(industry && tidy(industry) && { industry: tidy(industry) }),
  ...(campaign && tidy(campaign) && { campaign: tidy(campaign) }),
});
const aboutLead = (leadId: string | undefined) => (leadId === undefined ? {} : { leadId });

export const feedbackDecider = decider<Feedback, FeedbackCommand, FeedbackEvent>({
  commands: feedbackCommands,
  events: feedbackEvents,
  initialState: () => ({ status: 'unknown' }),
  decide: {
    GiveFeedback: (state, { data }) => {
      if (state.status !== 'unknown')
        return refuse('feedback/already-given', 'This feedbackId is already used; choose another id.', 'feedbackId');
      const { leadId, opportunityId, touchId, note, feedbackId } = data;
      if (leadId === undefined && opportunityId === undefined)
        return refuse('feedback/no-subject', 'Give the leadId or the opportunityId the feedback is about.', 'leadId');
      if (touchId !== undefined && leadId === undefined)
        return refuse(
          'feedback/touch-needs-lead',
          'touchId needs a leadId; name the lead on which the touch was recorded.',
          'leadId',
        );
      if (note !== undefined && leadId === undefined)
        return refuse(
          'feedback/note-needs-lead',
          'note is personal data and is encrypted with the key of the lead; give a leadId.',
          'leadId',
        );
      const topics = topicsAfter(data);
      if (isEmpty(topics) && note === undefined) return emptyFeedback();
      const about = {
        ...aboutLead(leadId),
        ...(opportunityId !== undefined && { opportunityId }),
        ...(touchId !== undefined && { touchId }),
      };
      const words = note === undefined ? {} : { note };
      return [{ type: 'FeedbackGiven', data: { feedbackId, ...about, ...topics, ...attributionOf(data), ...words } }];
    },
    AttributeFeedback: (state, { data: { feedbackId, ...place } }) => {
      if (state.status !== 'given' || state.leadId === undefined) return [];
      const { industry, campaign } = attributionOf(place);
      const open = {
        ...(state.industry === undefined && industry !== undefined && { industry }),
        ...(state.campaign === undefined && campaign !== undefined && { campaign }),
      };
      if (Object.keys(open).length === 0) return [];
      return [{ type: 'FeedbackAttributed', data: { feedbackId, leadId: state.leadId, ...open } }];
    },
    CorrectFeedback: (state, { data: { feedbackId, leadId, note, ...named } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status === 'withdrawn') return withdrawn();
      if (leadId !== undefined && leadId !== state.leadId)
        return refuse(
          'feedback/other-lead',
          'The feedback is about another lead; withdraw it and record new feedback for this one.',
          'leadId',
        );
      if (note !== undefined && leadId === undefined)
        return refuse(
          'feedback/note-needs-lead',
          'note is personal data and is encrypted with the key of the lead; give a leadId.',
          'leadId',
        );
      const topics = topicsAfter(named, state.topics);
      if (isEmpty(topics) && note === undefined && !state.hasNote) return emptyFeedback();
      const { industry, campaign } = { ...attributionOf(state), ...attributionOf(named) };
      const same =
        JSON.stringify([topics, industry, campaign]) === JSON.stringify([state.topics, state.industry, state.campaign]);
      if (same && note === undefined) return [];
      const place = attributionOf({ ...(industry && { industry }), ...(campaign && { campaign }) });
      const words = note === undefined ? {} : { note };
      return [
        { type: 'FeedbackCorrected', data: { feedbackId, ...aboutLead(state.leadId), ...topics, ...place, ...words } },
      ];
    },
    WithdrawFeedback: (state, { data: { feedbackId, reason } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status === 'withdrawn') return [];
      return [{ type: 'FeedbackWithdrawn', data: { feedbackId, ...aboutLead(state.leadId), reason } }];
    },
  },
  evolve: {
    FeedbackGiven: (_, { data }) => ({
      status: 'given',
      ...aboutLead(data.leadId),
      topics: topicsIn(data),
      ...attributionOf(data),
      hasNote: hasNote(data),
    }),
    FeedbackAttributed: (state, { data }) => (state.status === 'given' ? { ...state, ...attributionOf(data) } : state),
    FeedbackCorrected: (state, { data }) => ({
      status: 'given',
      ...aboutLead(data.leadId),
      topics: topicsIn(data),
      ...attributionOf(data),
      hasNote: hasNote(data) || (state.status === 'given' && state.hasNote),
    }),
    FeedbackWithdrawn: () => ({ status: 'withdrawn' }),
  },
});

const topicsIn = ({ objections, competitors, questions, messages, content }: Topics): Topics => ({
  objections,
  competitors,
  questions,
  messages,
  content,
});
/** The note is plain text before it is stored and sealed afterwards. */
const hasNote = ({ note }: { readonly note?: unknown }): boolean => note !== undefined;
