import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { assets } from './read/assets/assets.projection';
import { AssetsResolver } from './read/assets/assets.resolver';
import { campaignList } from './read/campaigns/campaigns.projection';
import { CampaignsResolver } from './read/campaigns/campaigns.resolver';
import { assetCommands, assetEvents, ToAsset } from './write/asset/asset.events';
import { AssetHandler } from './write/asset/asset.handler';
import { spendWithoutCampaign } from './read/spend/spend-without-campaign.projection';
import { SpendResolver } from './read/spend/spend.resolver';
import { campaignCommands, campaignEvents, ToCampaign } from './write/campaign/campaign.events';
import { CampaignHandler } from './write/campaign/campaign.handler';
import { spendCommands, spendEvents, ToSpend } from './write/spend/spend.events';
import { SpendHandler } from './write/spend/spend.handler';
import { ToVisitor, visitorCommands, visitorEvents } from './write/visitor/visitor.events';
import { VisitorHandler } from './write/visitor/visitor.handler';

export const campaignsParts: ContextParts = {
  name: 'campaigns',
  events: [campaignEvents, visitorEvents, assetEvents, spendEvents],
  projections: [campaignList, assets, spendWithoutCampaign],
  policies: [],
  dueLists: [],
};

@Module({
  providers: [
    CampaignHandler,
    VisitorHandler,
    CampaignsResolver,
    AssetHandler,
    SpendHandler,
    SpendResolver,
    AssetsResolver,
    mutationsOf(ToCampaign, campaignCommands),
    mutationsOf(ToVisitor, visitorCommands),
    mutationsOf(ToAsset, assetCommands),
    mutationsOf(ToSpend, spendCommands),
  ],
})
export class CampaignsModule {}
