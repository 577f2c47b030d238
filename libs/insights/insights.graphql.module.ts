import { Module } from '@nestjs/common';
import { PipelineResolver } from './read/pipeline/pipeline.resolver';

@Module({ providers: [PipelineResolver] })
export class InsightsGraphqlModule {}
