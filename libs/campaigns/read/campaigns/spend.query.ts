import type { Day, Money } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { campaignList } from './campaigns.projection';

/** What one campaign cost on one day in one channel. */
export interface Spend {
  readonly campaignId: string;
  readonly day: Day;
  readonly channel: string;
  readonly amount: Money;
}

/** The standing record of every campaign, day and channel; amounts of different currencies side by side. */
export async function* recordedSpend(models: ReadModels): AsyncGenerator<Spend> {
  for await (const page of models.pages(campaignList))
    for (const { id, doc } of page) for (const spend of Object.values(doc.spend)) yield { campaignId: id, ...spend };
}
