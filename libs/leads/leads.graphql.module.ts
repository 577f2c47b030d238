import { Module } from '@nestjs/common';
import { FeedbackResolver } from './read/feedback/feedback.resolver';

@Module({ providers: [FeedbackResolver] })
export class LeadsGraphqlModule {}
