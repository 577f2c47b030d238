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

export const reviewKinds = enumeration('ReviewKind', 'Kind of review.', {
  'weekly-pipeline': 'Weekly review of the pipeline.',
  'monthly-sla': 'Monthly review of the SLA of both teams.',
  'quarterly-definition': 'Quarterly review of the definitions.',
});
export type ReviewKind = EnumerationValue<typeof reviewKinds>;

const reviewId = ref('review', 'Id of the review.');
const reviewFields = {
  reviewId,
  kind: oneOf(reviewKinds, 'Kind of review.'),
  from: day('First day of the period of the figures.'),
  to: day('… up to the end of this one.'),
  timeZone: text('IANA time zone of the days and months.', { min: 1, max: 100 }),
  notes: optional(
    text('Notes. Refer to deals and campaigns by id; do not name people, whose data belongs in their own records.', {
      max: 20_000,
    }),
  ),
};
const frozenFields = {
  startsAt: instant('Start of the first day.'),
  endsAt: instant('End of the last day, exclusive.'),
  figures: json('Figures by report, computed by Baton at the given position of the log.'),
  position: text('Position of the log up to which events were included.', { max: 100 }),
  definitions: list(ref('definition', 'A version, `mql@3`.'), 'Definition versions in force.'),
  hash: text('SHA-256, in hex, over the canonical JSON (RFC 8785) of all other fields.', { min: 64, max: 64 }),
};
const action = {
  what: text('Task of the action.', { min: 1, max: 1000 }),
  owner: text('Owner of the action.', { min: 1, max: 200 }),
  dueOn: day('Due day.'),
};
const number = integer('Number of the action, from 1 in each review.', { min: 1 });
const outcome = optional(text('Outcome of the action.', { min: 1, max: 1000 }));

export const reviewEvents = events(
  {
    ReviewHeld: {
      version: 1,
      description: 'Both teams reviewed the figures, which are kept as they were shown.',
      sentence: 'The {kind} review of {from} to {to} ({timeZone}) was held[: {notes}]',
      ...reviewFields,
      ...frozenFields,
    },
    ReviewActionAgreed: {
      version: 2,
      description: 'The review agreed on an action.',
      sentence: 'Action {number} was agreed: {what} (owner {owner}, due {dueOn})',
      reviewId,
      number,
      ...action,
      timeZone: text('IANA time zone of the due day: that of the review.', { min: 1, max: 100 }),
    },
    ReviewActionCompleted: {
      version: 1,
      description: 'An action was completed.',
      sentence: 'Action {number} was completed[: {outcome}]',
      reviewId,
      number,
      outcome,
    },
  },
  // Due days were judged in UTC, whatever the time zone of the review.
  { ReviewActionAgreed: { 1: (data) => ({ ...(data as object), timeZone: 'UTC' }) } },
);
export type ReviewEvent = EventOf<typeof reviewEvents>;
export type ReviewFacts = Omit<Extract<ReviewEvent, { type: 'ReviewHeld' }>['data'], 'hash'>;

const teams = ['marketing', 'sales', 'revops'] as const;
const actionCommands = {
  AgreeReviewAction: {
    description: 'Add an action to a review, with its owner and due day.',
    allow: teams,
    reviewId,
    ...action,
  },
  CompleteReviewAction: { description: 'Complete an action of a review.', allow: teams, reviewId, number, outcome },
} as const;

/** The command of a caller. Callers cannot supply the figures. */
export const reviewInputCommands = commands('review', {
  HoldReview: {
    description: 'Record a review of both teams; Baton computes the figures and stores them with it.',
    creates: true,
    allow: teams,
    ...reviewFields,
  },
  ...actionCommands,
});
export type ReviewInputCommand = CommandOf<typeof reviewInputCommands>;

/** The command that is decided: the review with its figures. */
export const reviewCommands = commands('review', {
  HoldReview: { description: 'Record a review with its figures.', ...reviewFields, ...frozenFields },
  ...actionCommands,
});
export type ReviewCommand = CommandOf<typeof reviewCommands>;

/** Sends a command to a review. */
export class ToReview extends To<ReviewInputCommand> {}
