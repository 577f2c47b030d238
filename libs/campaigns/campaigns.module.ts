import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { campaignList } from './read/campaigns/campaigns.projection';
import { CampaignsResolver } from './read/campaigns/campaigns.resolver';
import { campaignCommands, campaignEvents, ToCampaign } from './write/campaign/campaign.events';
import { CampaignHandler } from './write/campaign/campaign.handler';
import { ToVisitor, visitorCommands, visitorEvents } from './write/visitor/visitor.events';
import { VisitorHandler } from './write/visitor/visitor.handler';

export const campaignsParts: ContextParts = {
  name: 'campaigns',
  events: [campaignEvents, visitorEvents],
  projections: [campaignList],
  policies: [],
  dueLists: [],
};

@Module({
  providers: [
    CampaignHandler,
    VisitorHandler,
    CampaignsResolver,
    mutationsOf(ToCampaign, campaignCommands),
    mutationsOf(ToVisitor, visitorCommands),
  ],
})
export class CampaignsModule {}
