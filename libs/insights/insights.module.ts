import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { ContentResolver } from './read/content/content.resolver';
import { MarketingSlaResolver } from './read/marketing-sla/marketing-sla.resolver';
import { PipelineResolver } from './read/pipeline/pipeline.resolver';
import { reviewActions, reviews } from './read/reviews/reviews.projection';
import { ReviewsResolver } from './read/reviews/reviews.resolver';
import { SalesCycleResolver } from './read/sales-cycle/sales-cycle.resolver';
import { VelocityResolver } from './read/velocity/velocity.resolver';
import { askedReviewCommands, reviewEvents, ToReview } from './write/review/review.events';
import { ReviewHandler } from './write/review/review.handler';

/** Figures over the read models of the other contexts, and the reviews that look at them. */
export const insightsParts: ContextParts = {
  name: 'insights',
  events: [reviewEvents],
  projections: [reviews, reviewActions],
  policies: [],
  dueLists: [],
};

@Module({
  providers: [
    ContentResolver,
    MarketingSlaResolver,
    PipelineResolver,
    ReviewHandler,
    ReviewsResolver,
    SalesCycleResolver,
    VelocityResolver,
    mutationsOf(ToReview, askedReviewCommands),
  ],
})
export class InsightsModule {}
