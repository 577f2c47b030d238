import {
  commands,
  day,
  events,
  instant,
  integer,
  json,
  list,
  enumeration,
  oneOf,
  optional,
  ref,
  text,
  To,
  type CommandOf,
  type EventOf,
  type EnumerationValue,
} from '@baton/kernel';

export const reviewKinds = enumeration('ReviewKind', 'What both teams meet for.', {
  'weekly-pipeline': 'The pipeline.',
  'monthly-sla': 'What both teams owe each other.',
  'quarterly-definition': 'Whether the definitions still fit.',
});
export type ReviewKind = EnumerationValue<typeof reviewKinds>;

const reviewId = ref('review', 'The review.');
const asked = {
  reviewId,
  kind: oneOf(reviewKinds, 'Which review it is.'),
  from: day('What the figures are of: from this day on …'),
  to: day('… up to the end of this one.'),
  timeZone: text('IANA zone of these days and of the months.', { min: 1, max: 100 }),
  notes: optional(
    text('What was said. Name deals and campaigns by id; people belong in their own records.', { max: 20_000 }),
  ),
};
const frozen = {
  startsAt: instant('The first instant of the first day.'),
  endsAt: instant('The first instant after the last day.'),
  figures: json('What the reports said, by report, computed by Baton at that position of the log.'),
  position: text('The log up to here was known.', { max: 100 }),
  definitions: list(ref('definition', 'A version, `mql@3`.'), 'The versions in force.'),
  hash: text('SHA-256, in hex, over the canonical JSON (RFC 8785) of all other fields.', { min: 64, max: 64 }),
};
const action = {
  what: text('What is to be done.', { min: 1, max: 1000 }),
  owner: text('Who does it.', { min: 1, max: 200 }),
  dueOn: day('By when.'),
};
const number = integer('The action, from 1 in each review.', { min: 1 });
const outcome = optional(text('What came of it.', { min: 1, max: 1000 }));

export const reviewEvents = events({
  ReviewHeld: {
    version: 1,
    description: 'Both teams looked at the figures; they are kept as they were shown.',
    sentence: 'The {kind} review of {from} to {to} ({timeZone}) was held[: {notes}]',
    ...asked,
    ...frozen,
  },
  ReviewActionAgreed: {
    version: 1,
    description: 'The review agreed on something to be done.',
    sentence: 'Action {number} was agreed: {owner} does {what} by {dueOn}',
    reviewId,
    number,
    ...action,
  },
  ReviewActionCompleted: {
    version: 1,
    description: 'An action is done.',
    sentence: 'Action {number} is done[: {outcome}]',
    reviewId,
    number,
    outcome,
  },
});
export type ReviewEvent = EventOf<typeof reviewEvents>;
export type ReviewFacts = Omit<Extract<ReviewEvent, { type: 'ReviewHeld' }>['data'], 'hash'>;

const teams = ['marketing', 'sales', 'revops'] as const;
const onActions = {
  AgreeReviewAction: {
    description: 'Agree on an action with an owner and a due day.',
    allow: teams,
    reviewId,
    ...action,
  },
  CompleteReviewAction: { description: 'Say that an action is done.', allow: teams, reviewId, number, outcome },
} as const;

/** What a caller says. The figures are never a caller's to give. */
export const askedReviewCommands = commands('review', {
  HoldReview: {
    description: 'Record a review of both teams; Baton computes its figures and keeps them with it.',
    creates: true,
    allow: teams,
    ...asked,
  },
  ...onActions,
});
export type AskedReviewCommand = CommandOf<typeof askedReviewCommands>;

/** What is decided on: the review with its figures. */
export const reviewCommands = commands('review', {
  HoldReview: { description: 'Record a review with its figures.', ...asked, ...frozen },
  ...onActions,
});
export type ReviewCommand = CommandOf<typeof reviewCommands>;

/** Speaks to one review. */
export class ToReview extends To<AskedReviewCommand> {}
