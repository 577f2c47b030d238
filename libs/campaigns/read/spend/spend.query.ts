import { type Day, type Money, type MoneySum } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { spend } from './spend.read-model';

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

/** The records that count, of all campaigns and of none; amounts of different currencies side by side. */
export async function* recordedSpend(models: ReadModels): AsyncGenerator<Spend> {
  for await (const page of models.pages(spend))
    for (const { doc } of page) {
      const { amountMinor: minor, currency, campaignId, day, channel, source, medium } = doc;
      yield { campaignId, day, channel, source, medium, amount: { minor, currency } };
    }
}

/** What campaigns cost so far, by campaign: one amount per currency, in the order of their codes. */
export const spentOn = async (
  models: ReadModels,
  campaignIds: readonly string[],
): Promise<ReadonlyMap<string, readonly MoneySum[]>> => {
  const groups = await models.aggregate(spend, {
    where: { campaignId: { in: campaignIds } },
    by: ['campaignId', 'currency'],
    measures: { minor: { sum: 'amountMinor' } },
  });
  const spent = new Map<string, MoneySum[]>();
  for (const { keys, values } of groups) {
    const [campaignId, currency] = keys as [string, string];
    const amount = { minor: values['minor'] as MoneySum['minor'], currency };
    spent.set(campaignId, [...(spent.get(campaignId) ?? []), amount]);
  }
  return spent;
};
