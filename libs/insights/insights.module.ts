import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { ContentResolver } from './read/content/content.resolver';
import { PipelineResolver } from './read/pipeline/pipeline.resolver';
import { SalesCycleResolver } from './read/sales-cycle/sales-cycle.resolver';
import { VelocityResolver } from './read/velocity/velocity.resolver';

/** Figures over the read models of the other contexts; nothing is decided or folded here. */
export const insightsParts: ContextParts = {
  name: 'insights',
  events: [],
  projections: [],
  policies: [],
  dueLists: [],
};

@Module({ providers: [ContentResolver, PipelineResolver, SalesCycleResolver, VelocityResolver] })
export class InsightsModule {}
