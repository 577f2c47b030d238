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

/** What a campaign cost so far, one amount per currency. */
export const spentOn = async (models: ReadModels, campaignId: string): Promise<readonly MoneySum[]> => {
  const groups = await models.aggregate(spend, {
    where: { campaignId: { eq: campaignId } },
    by: ['currency'],
    measures: { minor: { sum: 'amountMinor' } },
  });
  return groups
    .map(({ keys, values }) => ({ minor: values['minor'] as MoneySum['minor'], currency: keys[0] as string }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
};
