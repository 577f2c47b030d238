import { Module } from '@nestjs/common';
import { SupportRequestsResolver } from './read/support-requests/support-requests.resolver';

@Module({ providers: [SupportRequestsResolver] })
export class OpportunitiesGraphqlModule {}
