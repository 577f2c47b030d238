import { Module } from '@nestjs/common';
import { LeadScoreResolver } from './read/qualification/lead-score.resolver';

@Module({ providers: [LeadScoreResolver] })
export class ScoringGraphqlModule {}
