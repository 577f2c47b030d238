import { projection, type Day, type Instant } from '@baton/kernel';
import type { ReviewEvent, ReviewFacts } from '../../write/review/review.events';

/** A review as it was held. */
export type ReviewDocument = ReviewFacts & {
  readonly hash: string;
  readonly heldAt: Instant;
  readonly heldBy: string;
  /** How many actions were agreed on. */
  readonly actions: number;
};

/** One document per review. */
export const reviews = projection<ReviewDocument, ReviewEvent>({
  name: 'reviews',
  version: 2,
  columns: { kind: 'text', heldAt: 'text' },
  keys: ({ data }) => [data.reviewId],
  initial: (reviewId) => ({ reviewId, actions: 0 }) as ReviewDocument, // ReviewHeld is its first event
  on: {
    ReviewHeld: (doc, { data, occurredAt, meta }) => ({ ...doc, ...data, heldAt: occurredAt, heldBy: meta.actor }),
    ReviewActionAgreed: (doc, { data: { number } }) => ({ ...doc, actions: number }),
  },
});

/** What a review agreed on. */
export interface ReviewActionDocument {
  readonly reviewId: string;
  /** From 1 in each review. */
  readonly number: number;
  readonly what: string;
  readonly owner: string;
  readonly dueOn: Day;
  readonly agreedAt: Instant;
  readonly open: boolean;
  readonly completedAt: Instant | null;
  readonly completedBy: string | null;
  readonly outcome: string | null;
}

/** One document per action. */
export const reviewActions = projection<ReviewActionDocument, ReviewEvent>({
  name: 'review-actions',
  version: 1,
  columns: { reviewId: 'text', number: 'integer', owner: 'text', dueOn: 'text', open: 'flag' },
  keys: ({ data }) => ('number' in data ? [`${data.reviewId} ${data.number}`] : []),
  initial: () => ({
    reviewId: '', // ReviewActionAgreed is the first event of every action
    number: 0,
    what: '',
    owner: '',
    dueOn: '',
    agreedAt: '',
    open: true,
    completedAt: null,
    completedBy: null,
    outcome: null,
  }),
  on: {
    ReviewActionAgreed: (doc, { data, occurredAt }) => ({ ...doc, ...data, agreedAt: occurredAt }),
    ReviewActionCompleted: (doc, { data: { outcome }, occurredAt, meta }) => ({
      ...doc,
      open: false,
      completedAt: occurredAt,
      completedBy: meta.actor,
      outcome: outcome ?? null,
    }),
  },
});
