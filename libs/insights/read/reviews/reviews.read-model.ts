import { computed, contentHash, field, nextDay, readModel, roles, startOfDay, type DocumentOf } from '@baton/kernel';
import { reviewKinds, type ReviewEvent } from '../../write/review/review.events';

const listed = { filter: true, sort: true } as const;
const reviewFields = {
  reviewId: field.id('The review’s id.', { filter: true }),
  kind: field.enum(reviewKinds, 'Which review it was.', { filter: true }),
  from: field.day('First day of the period of the figures.', listed),
  to: field.day('… up to the end of this one.', listed),
  timeZone: field.text('IANA zone of these days and of the months.'),
  startsAt: field.instant('Start of the first day.'),
  endsAt: field.instant('End of the last day, exclusive.'),
  notes: field.text('What was said.', { optional: true }),
  figures: field.json('What the reports said, by report. It never changes.'),
  position: field.text('The log up to here was known; give it as `asOf: { knownAt }`.'),
  definitions: field.text('The versions of the definitions that were in force, `mql@3`.', { list: true }),
  heldAt: field.instant('When it was held.', listed),
  heldBy: field.text('Who recorded it.', { filter: true }),
  actions: field.integer('How many actions it agreed on; `reviewActions` lists them.', listed),
  hash: field.text('SHA-256, in hex, over the canonical JSON (RFC 8785) of what was recorded.'),
} as const;
/** A review as it was held. */
export type ReviewDocument = DocumentOf<typeof reviewFields>;

/** The seal of what was shown: SHA-256 over the canonical JSON (RFC 8785) of the facts. */
export const reviewHash = (facts: Omit<ReviewDocument, 'hash' | 'heldAt' | 'heldBy' | 'actions'>): string =>
  contentHash(facts);
/** Does a review still say what was sealed? */
const isIntact = ({ hash, heldAt: _, heldBy: __, actions: ___, ...facts }: ReviewDocument): boolean =>
  reviewHash(facts) === hash;

/** One document per review. */
export const reviews = readModel<ReviewDocument, ReviewEvent>({
  name: 'reviews',
  version: 4,
  node: 'Review',
  description: 'A review of both teams, with the figures as they were shown.',
  key: 'reviewId',
  fields: reviewFields,
  computed: { intact: computed<ReviewDocument>(field.flag('Does the hash fit what is stored?'), isIntact) },
  one: { name: 'review', description: 'One review; null when there is none of this id.' },
  lists: { reviews: { description: 'The reviews that were held, the latest first.', orderBy: '-heldAt' } },
  allow: roles,
  questions: [{ where: ['kind'], orderBy: '-heldAt' }],
  keys: ({ data }) => [data.reviewId],
  on: {
    ReviewHeld: (doc, { data, occurredAt, meta }) => ({ ...doc, ...data, heldAt: occurredAt, heldBy: meta.actor }),
    ReviewActionAgreed: (doc, { data: { number } }) => ({ ...doc, actions: number }),
  },
});

const done = { nullable: true, ...listed } as const;
const actionFields = {
  actionId: field.id('The action’s id: that of the review, and its number.'),
  reviewId: field.id('The review.', { filter: true, entity: 'Review' }),
  number: field.integer('Number of the action, from 1 in each review.', listed),
  what: field.text('Task of the action.'),
  owner: field.text('Owner of the action.', listed),
  dueOn: field.day('Due day.', listed),
  timeZone: field.text('IANA zone of the due day: that of the review.'),
  overdueFrom: field.instant('The end of the due day.', listed),
  agreedAt: field.instant('When it was agreed.', listed),
  open: field.flag('Is it still to be done?', { filter: true }),
  completedAt: field.instant('When it was done.', done),
  completedBy: field.text('Who said so.', done),
  outcome: field.text('Outcome of the action.', { nullable: true }),
} as const;
/** What a review agreed on. */
export type ReviewActionDocument = DocumentOf<typeof actionFields>;

/** One document per action. */
export const reviewActions = readModel<ReviewActionDocument, ReviewEvent>({
  name: 'review-actions',
  version: 4,
  node: 'ReviewAction',
  description: 'What a review agreed on.',
  key: 'actionId',
  fields: actionFields,
  computed: {
    overdue: computed<ReviewActionDocument>(
      field.flag('Still to be done, and the due day is over in the time zone of the review.'),
      ({ open, overdueFrom }, at) => open && overdueFrom <= at,
    ),
  },
  lists: {
    reviewActions: { description: 'What reviews agreed on, by due day: open, done, overdue.', orderBy: 'dueOn' },
    overdueReviewActions: {
      description: 'Actions still to be done whose due day is over in the time zone of their review, the oldest first.',
      orderBy: 'overdueFrom',
      where: (at) => ({ open: { eq: true }, overdueFrom: { lte: at } }),
    },
  },
  allow: roles,
  questions: [
    { where: ['open'], orderBy: 'dueOn' },
    { where: ['open'], orderBy: 'overdueFrom' },
    { where: ['owner', 'open'], orderBy: 'dueOn' },
    { where: ['reviewId'], orderBy: 'number' },
  ],
  keys: ({ data }) => ('number' in data ? [`${data.reviewId} ${data.number}`] : []),
  initial: { open: true },
  on: {
    ReviewActionAgreed: (doc, { data, occurredAt }) => ({
      ...doc,
      ...data,
      overdueFrom: startOfDay(nextDay(data.dueOn), data.timeZone),
      agreedAt: occurredAt,
    }),
    ReviewActionCompleted: (doc, { data: { outcome }, occurredAt, meta }) => ({
      ...doc,
      open: false,
      completedAt: occurredAt,
      completedBy: meta.actor,
      outcome: outcome ?? null,
    }),
  },
});
