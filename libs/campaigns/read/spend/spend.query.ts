import type { Day, Money } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { campaignList } from '../campaigns/campaigns.projection';
import { spendWithoutCampaign } from './spend-without-campaign.projection';

/** The spend recorded for one day; unknown fields are null. */
export interface Spend {
  readonly campaignId: string | null;
  readonly day: Day;
  readonly channel: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  /** Negative for a credit note. */
  readonly amount: Money;
}

/** The current spend records, with and without a campaign; each amount keeps its currency. */
export async function* recordedSpend(models: ReadModels): AsyncGenerator<Spend> {
  for await (const page of models.pages(campaignList))
    for (const { id, doc } of page)
      for (const { source = null, medium = null, ...spend } of Object.values(doc.spend))
        yield { campaignId: id, ...spend, source, medium };
  for await (const page of models.pages(spendWithoutCampaign))
    for (const { doc } of page) {
      const { day, channel, source, medium, amount } = doc;
      yield { campaignId: null, day, channel, source, medium, amount };
    }
}
