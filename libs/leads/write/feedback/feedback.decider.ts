import { decider, refuse, tidy } from '@baton/kernel';
import { tidied } from './codes.rules';
import {
  feedbackCommands,
  feedbackEvents,
  feedbackTopics,
  type FeedbackCommand,
  type FeedbackEvent,
  type FeedbackTopic,
} from './feedback.events';

type Said = Readonly<Record<FeedbackTopic, readonly string[]>>;
interface Standing {
  readonly leadId?: string;
  readonly said: Said;
  readonly industry?: string;
  readonly campaign?: string;
  /** A note was given; what it says is nobody's business here. */
  readonly noted: boolean;
}
type Feedback =
  { readonly status: 'unknown' } | (Standing & { readonly status: 'given' }) | { readonly status: 'withdrawn' };

const unknown = () =>
  refuse('feedback/unknown', 'No feedback has this feedbackId; record it with GiveFeedback first.', 'feedbackId');
const withdrawn = () =>
  refuse('feedback/withdrawn', 'The feedback was withdrawn; record new feedback with GiveFeedback.', 'feedbackId');
const nothingSaid = () =>
  refuse(
    'feedback/nothing-said',
    'The feedback is empty; give a note or at least one objection, competitor, question, message or content.',
  );

type Named = Partial<Readonly<Record<FeedbackTopic, string[]>>>;
/** The topics that are named, tidied; the others as they were. */
const saidOf = (named: Named, before?: Said) =>
  Object.fromEntries(
    feedbackTopics.map((topic) => [topic, named[topic] ? tidied(named[topic]) : [...(before?.[topic] ?? [])]]),
  ) as Record<FeedbackTopic, string[]>;
const isEmpty = (said: Said): boolean => feedbackTopics.every((topic) => said[topic].length === 0);

/** Industry and campaign, tidied; blank ones are left out. */
const placeOf = ({ industry, campaign }: { readonly industry?: string; readonly campaign?: string }) => ({
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
      const said = saidOf(data);
      if (isEmpty(said) && note === undefined) return nothingSaid();
      const about = {
        ...aboutLead(leadId),
        ...(opportunityId !== undefined && { opportunityId }),
        ...(touchId !== undefined && { touchId }),
      };
      const words = note === undefined ? {} : { note };
      return [{ type: 'FeedbackGiven', data: { feedbackId, ...about, ...said, ...placeOf(data), ...words } }];
    },
    AttributeFeedback: (state, { data: { feedbackId, ...place } }) => {
      if (state.status !== 'given' || state.leadId === undefined) return [];
      const { industry, campaign } = placeOf(place);
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
      const said = saidOf(named, state.said);
      if (isEmpty(said) && note === undefined && !state.noted) return nothingSaid();
      const { industry, campaign } = { ...placeOf(state), ...placeOf(named) };
      const same =
        JSON.stringify([said, industry, campaign]) === JSON.stringify([state.said, state.industry, state.campaign]);
      if (same && note === undefined) return [];
      const place = placeOf({ ...(industry && { industry }), ...(campaign && { campaign }) });
      const words = note === undefined ? {} : { note };
      return [
        { type: 'FeedbackCorrected', data: { feedbackId, ...aboutLead(state.leadId), ...said, ...place, ...words } },
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
      said: saidIn(data),
      ...placeOf(data),
      noted: isNoted(data),
    }),
    FeedbackAttributed: (state, { data }) => (state.status === 'given' ? { ...state, ...placeOf(data) } : state),
    FeedbackCorrected: (state, { data }) => ({
      status: 'given',
      ...aboutLead(data.leadId),
      said: saidIn(data),
      ...placeOf(data),
      noted: isNoted(data) || (state.status === 'given' && state.noted),
    }),
    FeedbackWithdrawn: () => ({ status: 'withdrawn' }),
  },
});

const saidIn = ({ objections, competitors, questions, messages, content }: Said): Said => ({
  objections,
  competitors,
  questions,
  messages,
  content,
});
/** In clear before it is stored, sealed afterwards. */
const isNoted = ({ note }: { readonly note?: unknown }): boolean => note !== undefined;
