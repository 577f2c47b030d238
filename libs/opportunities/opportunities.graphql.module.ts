import { Module } from '@nestjs/common';
import { DealsResolver } from './read/deals/deals.resolver';
import { SupportRequestsResolver } from './read/support-requests/support-requests.resolver';

@Module({ providers: [DealsResolver, SupportRequestsResolver] })
export class OpportunitiesGraphqlModule {}
