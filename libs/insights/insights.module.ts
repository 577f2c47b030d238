import { aggregateWithHandler, type ContextParts } from '@baton/kernel';
import { reviewActions, reviews } from './read/reviews/reviews.projection';
import { reviewDecider } from './write/review/review.decider';
import { reviewInputCommands, ToReview } from './write/review/review.events';
import { ReviewHandler } from './write/review/review.handler';

/** Reports over the read models of other contexts, and the reviews that use them. */
export const insightsParts: ContextParts = {
  name: 'insights',
  aggregates: [aggregateWithHandler(ToReview, reviewInputCommands, reviewDecider, ReviewHandler)],
  projections: [reviews, reviewActions],
  policies: [],
};
