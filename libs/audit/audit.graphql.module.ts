import { Module } from '@nestjs/common';
import { CaseFileResolver } from './read/case-file/case-file.resolver';

@Module({ providers: [CaseFileResolver] })
export class AuditGraphqlModule {}
