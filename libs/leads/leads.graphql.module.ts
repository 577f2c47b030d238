import { Module } from '@nestjs/common';
import { FeedbackResolver } from './read/feedback/feedback.resolver';
import { leadNode, LeadsResolver, LeadStageEnum, LeadType } from './read/leads/leads.resolver';

export { leadNode, LeadStageEnum, LeadType };

@Module({ providers: [FeedbackResolver, LeadsResolver] })
export class LeadsGraphqlModule {}
