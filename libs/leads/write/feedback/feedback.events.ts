import { commands, events, list, optional, personal, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

/** What sales reports from conversations, as short codes or phrases. */
export const feedbackTopics = ['objections', 'competitors', 'questions', 'messages', 'content'] as const;
export type FeedbackTopic = (typeof feedbackTopics)[number];

const feedbackId = ref('feedback', 'The feedback.');
const codes = (description: string) => list(text('', { min: 1, max: 200 }), description, { max: 50 });
const topics = {
  objections: codes('What speaks against buying: price, missing-integration …'),
  competitors: codes('Competitors that were mentioned.'),
  questions: codes('Questions that were asked.'),
  messages: codes('Messages that resonated.'),
  content: codes('Content that helped.'),
};
const said = {
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
const industry = optional(text('Industry of the company; without it, that of the person’s profile.', { max: 200 }));
const campaign = optional(
  text('The campaign it is about; without it, the latest campaign that reached the person.', { max: 500 }),
);
const note = optional(personal(text('In the rep’s own words; needs the lead.', { min: 1 })));
const reason = text('Why.', { min: 1, max: 300 });

export const feedbackEvents = events({
  FeedbackGiven: {
    version: 1,
    description: 'Sales reported from a conversation.',
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
    description: 'What the feedback left open, from what was known of the person when it was given.',
    sentence: 'What was known of the person was added to the feedback[; campaign: {campaign}][; industry: {industry}]',
    feedbackId,
    leadId: ref('lead'),
    industry,
    campaign,
  },
  FeedbackCorrected: {
    version: 1,
    description: 'The feedback says this instead; without a note the earlier one stands.',
    sentence:
      'The feedback was corrected to what follows[; objections: {objections}][; competitors: {competitors}][; questions: {questions}][; messages: {messages}][; content: {content}][ (“{note}”)]',
    feedbackId,
    leadId: subject.leadId,
    ...topics,
    industry,
    campaign,
    note,
  },
  FeedbackWithdrawn: {
    version: 1,
    description: 'The feedback counts no more.',
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
    description: 'Report from a conversation: what was asked, objected and compared, and what helped.',
    creates: true,
    datable: true,
    allow: reporters,
    feedbackId,
    ...subject,
    ...said,
    industry,
    campaign,
    note,
  },
  AttributeFeedback: {
    description: 'Add what was known of the person when the feedback was given.',
    feedbackId,
    industry,
    campaign,
  },
  CorrectFeedback: {
    description: 'Correct feedback: what is named replaces what was said, [] takes it back.',
    allow: reporters,
    feedbackId,
    leadId: optional(ref('lead', 'The person it is about; needed for a note, which is kept with that person’s key.')),
    ...said,
    industry,
    campaign,
    note,
  },
  WithdrawFeedback: { description: 'Take feedback back; it counts no more.', allow: reporters, feedbackId, reason },
});
export type FeedbackCommand = CommandOf<typeof feedbackCommands>;

/** A command on its way to feedback. */
export class ToFeedback extends To<FeedbackCommand> {}
