import { Module } from '@nestjs/common';
import { ContentResolver } from './read/content/content.resolver';
import { MarketingSlaResolver } from './read/marketing-sla/marketing-sla.resolver';
import { PipelineResolver } from './read/pipeline/pipeline.resolver';
import { ReviewsResolver } from './read/reviews/reviews.resolver';
import { SalesCycleResolver } from './read/sales-cycle/sales-cycle.resolver';
import { VelocityResolver } from './read/velocity/velocity.resolver';

@Module({
  providers: [
    ContentResolver,
    MarketingSlaResolver,
    PipelineResolver,
    ReviewsResolver,
    SalesCycleResolver,
    VelocityResolver,
  ],
})
export class InsightsGraphqlModule {}
