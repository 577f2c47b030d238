import { Module } from '@nestjs/common';
import { LiftResolver } from './read/lift/lift.resolver';
import { LeadScoreResolver } from './read/qualification/lead-score.resolver';
import { QualificationResolver } from './read/qualification/qualification.resolver';

@Module({ providers: [LeadScoreResolver, LiftResolver, QualificationResolver] })
export class ScoringGraphqlModule {}
