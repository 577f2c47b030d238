import { Module } from '@nestjs/common';
import { ContentResolver } from './read/content/content.resolver';
import { MarketingSlaResolver } from './read/marketing-sla/marketing-sla.resolver';
import { PipelineResolver } from './read/pipeline/pipeline.resolver';
import { ReviewsResolver } from './read/reviews/reviews.resolver';

@Module({
  providers: [ContentResolver, MarketingSlaResolver, PipelineResolver, ReviewsResolver],
})
export class InsightsGraphqlModule {}
