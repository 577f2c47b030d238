import { aggregateWithHandler, type ContextParts } from '@baton/kernel';
import { reviewActions, reviews } from './read/reviews/reviews.projection';
import { salesCycleReport } from './read/sales-cycle/sales-cycle.report';
import { velocityChangeReport, velocityReport } from './read/velocity/velocity.report';
import { reviewDecider } from './write/review/review.decider';
import { reviewInputCommands, ToReview } from './write/review/review.events';
import { ReviewHandler } from './write/review/review.handler';

/** Reports over the read models of other contexts, and the reviews that use them. */
export const insightsParts: ContextParts = {
  name: 'insights',
  aggregates: [aggregateWithHandler(ToReview, reviewInputCommands, reviewDecider, ReviewHandler)],
  projections: [reviews, reviewActions],
  policies: [],
  reports: [velocityReport, velocityChangeReport, salesCycleReport],
};
