import { Module } from '@nestjs/common';
import { FeedbackNoteResolver } from './read/feedback/feedback-note.resolver';

@Module({ providers: [FeedbackNoteResolver] })
export class LeadsGraphqlModule {}
