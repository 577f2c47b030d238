import { Module } from '@nestjs/common';
import { AssetsResolver } from './read/assets/assets.resolver';
import { CampaignsResolver } from './read/campaigns/campaigns.resolver';
import { SpendResolver } from './read/spend/spend.resolver';

@Module({ providers: [CampaignsResolver, SpendResolver, AssetsResolver] })
export class CampaignsGraphqlModule {}
