import { Module } from '@nestjs/common';
import { CampaignSpendResolver } from './read/spend/campaign-spend.resolver';

@Module({ providers: [CampaignSpendResolver] })
export class CampaignsGraphqlModule {}
