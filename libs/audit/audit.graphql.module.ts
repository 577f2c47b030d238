import { Module } from '@nestjs/common';
import { CaseFileResolver } from './read/case-file/case-file.resolver';
import { EventsResolver } from './read/events/events.resolver';

@Module({ providers: [CaseFileResolver, EventsResolver] })
export class AuditGraphqlModule {}
