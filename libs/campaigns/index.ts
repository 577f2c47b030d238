export { assets } from './read/assets/assets.read-model';
export { registeredContent } from './read/assets/assets.query';
export { advertisementOf, contentOf, type RegisteredContent } from './read/assets/content-of.rules';
export { campaigns } from './read/campaigns/campaigns.read-model';
export { spend } from './read/spend/spend.read-model';
export { recordedSpend, type Spend } from './read/spend/spend.query';
export { spendCommands, spendEvents, ToSpend, type SpendCommand, type SpendEvent } from './write/spend/spend.events';
export { contactOutcomes, directions, touchFields, touchOutcomes } from './touch.rules';
export { assetCommands, assetEvents, ToAsset, type AssetCommand, type AssetEvent } from './write/asset/asset.events';
export {
  campaignCommands,
  campaignEvents,
  ToCampaign,
  type CampaignCommand,
  type CampaignEvent,
} from './write/campaign/campaign.events';
export { visitorDecider } from './write/visitor/visitor.decider';
export {
  ToVisitor,
  visitorCommands,
  visitorEvents,
  type VisitorCommand,
  type VisitorEvent,
} from './write/visitor/visitor.events';
