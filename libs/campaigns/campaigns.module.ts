import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { assets } from './read/assets/assets.projection';
import { AssetsResolver } from './read/assets/assets.resolver';
import { campaignList } from './read/campaigns/campaigns.projection';
import { CampaignsResolver } from './read/campaigns/campaigns.resolver';
import { assetCommands, assetEvents, ToAsset } from './write/asset/asset.events';
import { AssetHandler } from './write/asset/asset.handler';
import { campaignCommands, campaignEvents, ToCampaign } from './write/campaign/campaign.events';
import { CampaignHandler } from './write/campaign/campaign.handler';
import { ToVisitor, visitorCommands, visitorEvents } from './write/visitor/visitor.events';
import { VisitorHandler } from './write/visitor/visitor.handler';

export const campaignsParts: ContextParts = {
  name: 'campaigns',
  events: [campaignEvents, visitorEvents, assetEvents],
  projections: [campaignList, assets],
  policies: [],
  dueLists: [],
};

@Module({
  providers: [
    CampaignHandler,
    VisitorHandler,
    CampaignsResolver,
    AssetHandler,
    AssetsResolver,
    mutationsOf(ToCampaign, campaignCommands),
    mutationsOf(ToVisitor, visitorCommands),
    mutationsOf(ToAsset, assetCommands),
  ],
})
export class CampaignsModule {}
