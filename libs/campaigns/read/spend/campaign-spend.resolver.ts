import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { MoneySum } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { BatchRead, MoneyType, nodeTypes } from '@baton/platform/graphql';
import { campaigns } from '../campaigns/campaigns.read-model';
import { spentOn } from './spend.query';

/** What a campaign cost, summed when it is asked for. */
@Resolver(() => nodeTypes.of(campaigns))
export class CampaignSpendResolver {
  private readonly spent: BatchRead<string, readonly MoneySum[]>;

  constructor(models: ReadModels) {
    this.spent = new BatchRead(models, spentOn, []);
  }

  @ResolveField(() => [MoneyType], { description: 'Spend so far, one amount per currency.' })
  spend(@Parent() campaign: { readonly campaignId: string }): Promise<readonly MoneySum[]> {
    return this.spent.load(campaign, campaign.campaignId);
  }
}
