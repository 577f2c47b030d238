import { aggregate, type ContextParts } from '@baton/kernel';
import { assets } from './read/assets/assets.read-model';
import { campaigns } from './read/campaigns/campaigns.read-model';
import { campaignSpend } from './read/spend/campaign-spend.contribution';
import { spend } from './read/spend/spend.read-model';
import { assetDecider } from './write/asset/asset.decider';
import { ToAsset } from './write/asset/asset.events';
import { campaignDecider } from './write/campaign/campaign.decider';
import { ToCampaign } from './write/campaign/campaign.events';
import { spendDecider } from './write/spend/spend.decider';
import { ToSpend } from './write/spend/spend.events';
import { visitorDecider } from './write/visitor/visitor.decider';
import { ToVisitor } from './write/visitor/visitor.events';

export const campaignsParts: ContextParts = {
  name: 'campaigns',
  aggregates: [
    aggregate(ToCampaign, campaignDecider),
    aggregate(ToVisitor, visitorDecider),
    aggregate(ToAsset, assetDecider),
    aggregate(ToSpend, spendDecider),
  ],
  projections: [campaigns, assets, spend],
  policies: [],
  contributions: [campaignSpend],
};
