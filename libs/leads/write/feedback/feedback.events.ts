import { commands, events, list, optional, personal, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

/** What sales reports from conversations, as short codes or phrases. */
export const feedbackTopics = ['objections', 'competitors', 'questions', 'messages', 'content'] as const;
export type FeedbackTopic = (typeof feedbackTopics)[number];

const feedbackId = ref('feedback', 'The feedback.');
const codes = (description: string) => list(text('', { min: 1, max: 200 }), description, { max: 50 });
const topics = {
  objections: codes('Objections against buying: price, missing-integration …'),
  competitors: codes('Competitors that were mentioned.'),
  questions: codes('Questions that were asked.'),
  messages: codes('Messages that resonated.'),
  content: codes('Content that helped.'),
};
const optionalTopics = {
  objections: optional(topics.objections),
  competitors: optional(topics.competitors),
  questions: optional(topics.questions),
  messages: optional(topics.messages),
  content: optional(topics.content),
};
const subject = {
  leadId: optional(ref('lead', 'The person it is about.')),
  opportunityId: optional(ref('opportunity', 'The deal it is about.')),
  touchId: optional(
    text('The call or other touch it is about: the id of its event on the lead.', { min: 1, max: 100 }),
  ),
};
const industry = optional(
  text('Industry of the company; by default the one in the profile of the lead.', { max: 200 }),
);
const campaign = optional(
  text('The campaign it is about; by default the latest campaign that reached the lead.', { max: 500 }),
);
const note = optional(personal(text('A comment in the rep’s own words; requires leadId.', { min: 1 })));
const reason = text('The reason for the withdrawal.', { min: 1, max: 300 });

export const feedbackEvents = events({
  FeedbackGiven: {
    version: 1,
    description: 'Sales gave feedback from a conversation.',
    sentence:
      'Sales reported from a conversation[; objections: {objections}][; competitors: {competitors}][; questions: {questions}][; messages: {messages}][; content: {content}][ (“{note}”)]',
    feedbackId,
    ...subject,
    ...topics,
    industry,
    campaign,
    note,
  },
  FeedbackAttributed: {
    version: 1,
    description:
      'Industry and campaign were added to feedback that named none, from what was known about the lead when it was given.',
    sentence: 'The feedback was completed with facts about the lead[; campaign: {campaign}][; industry: {industry}]',
    feedbackId,
    leadId: ref('lead'),
    industry,
    campaign,
  },
  FeedbackCorrected: {
    version: 1,
    description: 'The content of the feedback was replaced; without a note the earlier note stays.',
    sentence:
      'The feedback was corrected[; objections: {objections}][; competitors: {competitors}][; questions: {questions}][; messages: {messages}][; content: {content}][ (“{note}”)]',
    feedbackId,
    leadId: subject.leadId,
    ...topics,
    industry,
    campaign,
    note,
  },
  FeedbackWithdrawn: {
    version: 1,
    description: 'The feedback was withdrawn and no longer counts.',
    sentence: 'Feedback was withdrawn: {reason}',
    feedbackId,
    leadId: subject.leadId,
    reason,
  },
});
export type FeedbackEvent = EventOf<typeof feedbackEvents>;

const reporters = ['sales', 'revops'] as const;
export const feedbackCommands = commands('feedback', {
  GiveFeedback: {
    about: 'occurrence',
    description: 'Give feedback from a conversation: objections, competitors, questions, messages and content.',
    creates: true,
    datable: true,
    allow: reporters,
    feedbackId,
    ...subject,
    ...optionalTopics,
    industry,
    campaign,
    note,
  },
  AttributeFeedback: {
    description: 'Add the industry and campaign that were known about the lead when the feedback was given.',
    feedbackId,
    industry,
    campaign,
  },
  CorrectFeedback: {
    description: 'Correct feedback: each field given replaces the earlier one; [] clears a list.',
    allow: reporters,
    feedbackId,
    leadId: optional(
      ref('lead', 'The lead it is about; required with a note, which is encrypted with the key of the lead.'),
    ),
    ...optionalTopics,
    industry,
    campaign,
    note,
  },
  WithdrawFeedback: { description: 'Withdraw feedback; it no longer counts.', allow: reporters, feedbackId, reason },
});
export type FeedbackCommand = CommandOf<typeof feedbackCommands>;

/** Sends a command to a feedback item. */
export class ToFeedback extends To<FeedbackCommand> {}
