import {
  computed,
  contentHash,
  dayField,
  enumField,
  flagField,
  idField,
  instantField,
  integerField,
  jsonField,
  nextDay,
  readModel,
  roles,
  startOfDay,
  textField,
  type DocumentOf,
} from '@baton/kernel';
import { reviewKinds, type ReviewEvent } from '../../write/review/review.events';

const listed = { filter: true, sort: true } as const;
const reviewFields = {
  reviewId: idField('The review’s id.', { filter: true }),
  kind: enumField(reviewKinds, 'Which review it was.', { filter: true }),
  from: dayField('First day of the period of the figures.', listed),
  to: dayField('… up to the end of this one.', listed),
  timeZone: textField('IANA zone of these days and of the months.'),
  startsAt: instantField('Start of the first day.'),
  endsAt: instantField('End of the last day, exclusive.'),
  notes: textField('What was said.', { optional: true }),
  figures: jsonField('What the reports said, by report. It never changes.'),
  position: textField('The log up to here was known; give it as `asOf: { knownAt }`.'),
  definitions: textField('The versions of the definitions that were in force, `mql@3`.', { list: true }),
  heldAt: instantField('When it was held.', listed),
  heldBy: textField('Who recorded it.', { filter: true }),
  actions: integerField('How many actions it agreed on; `reviewActions` lists them.', listed),
  hash: textField('SHA-256, in hex, over the canonical JSON (RFC 8785) of what was recorded.'),
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
  version: 3,
  node: 'Review',
  description: 'A review of both teams, with the figures as they were shown.',
  key: 'reviewId',
  fields: reviewFields,
  computed: { intact: computed<ReviewDocument>(flagField('Does the hash fit what is stored?'), isIntact) },
  one: { name: 'review', description: 'One review; null when there is none of this id.' },
  lists: { reviews: { description: 'The reviews that were held, the latest first.', orderBy: '-heldAt' } },
  allow: roles,
  questions: [{ where: ['kind'], orderBy: '-heldAt' }],
  keys: ({ data }) => [data.reviewId],
  initial: (reviewId) => ({ reviewId, actions: 0 }) as ReviewDocument, // ReviewHeld is its first event
  on: {
    ReviewHeld: (doc, { data, occurredAt, meta }) => ({ ...doc, ...data, heldAt: occurredAt, heldBy: meta.actor }),
    ReviewActionAgreed: (doc, { data: { number } }) => ({ ...doc, actions: number }),
  },
});

const done = { nullable: true, ...listed } as const;
const actionFields = {
  actionId: idField('The action’s id: that of the review, and its number.'),
  reviewId: idField('The review.', { filter: true, entity: 'Review' }),
  number: integerField('Number of the action, from 1 in each review.', listed),
  what: textField('Task of the action.'),
  owner: textField('Owner of the action.', listed),
  dueOn: dayField('Due day.', listed),
  timeZone: textField('IANA zone of the due day: that of the review.'),
  overdueFrom: instantField('The end of the due day.', listed),
  agreedAt: instantField('When it was agreed.', listed),
  open: flagField('Is it still to be done?', { filter: true }),
  completedAt: instantField('When it was done.', done),
  completedBy: textField('Who said so.', done),
  outcome: textField('Outcome of the action.', { nullable: true }),
} as const;
/** What a review agreed on. */
export type ReviewActionDocument = DocumentOf<typeof actionFields>;

/** One document per action. */
export const reviewActions = readModel<ReviewActionDocument, ReviewEvent>({
  name: 'review-actions',
  version: 3,
  node: 'ReviewAction',
  description: 'What a review agreed on.',
  key: 'actionId',
  fields: actionFields,
  computed: {
    overdue: computed<ReviewActionDocument>(
      flagField('Still to be done, and the due day is over in the time zone of the review.'),
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
  initial: (actionId) => ({
    actionId,
    reviewId: '', // ReviewActionAgreed is the first event of every action
    number: 0,
    what: '',
    owner: '',
    dueOn: '',
    timeZone: '',
    overdueFrom: '',
    agreedAt: '',
    open: true,
    completedAt: null,
    completedBy: null,
    outcome: null,
  }),
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
