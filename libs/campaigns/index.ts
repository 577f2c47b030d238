export { CampaignsModule, campaignsParts } from './campaigns.module';
export { campaignList, spentIn, type CampaignDocument } from './read/campaigns/campaigns.projection';
export { recordedSpend, type Spend } from './read/campaigns/spend.query';
export { touchFields } from './touch.rules';
export {
  campaignCommands,
  campaignEvents,
  ToCampaign,
  type CampaignCommand,
  type CampaignEvent,
} from './write/campaign/campaign.events';
export {
  ToVisitor,
  visitorCommands,
  visitorEvents,
  type VisitorCommand,
  type VisitorEvent,
} from './write/visitor/visitor.events';
