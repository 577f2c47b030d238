import {
  FIRST_DAY,
  wordKey,
  LAST_DAY,
  MoneySums,
  projection,
  type Day,
  type Money,
  type MoneySum,
} from '@baton/kernel';
import { spendRecordOf } from '../../write/campaign/spend-record.rules';
import type { CampaignEvent } from '../../write/campaign/campaign.events';

interface CampaignSpend {
  readonly day: Day;
  readonly channel: string;
  readonly source?: string;
  readonly medium?: string;
  readonly amount: Money;
}
export interface CampaignDocument {
  readonly campaignId: string;
  readonly name: string;
  readonly channel: string | null;
  /** The channel without regard to its spelling. */
  readonly channelKey: string | null;
  readonly startsOn: Day | null;
  readonly endsOn: Day | null;
  readonly createdAt: string;
  /** The standing records, by `spendRecordOf`. */
  readonly spend: Readonly<Record<string, CampaignSpend>>;
}

/** A campaign with what it cost, by day and channel. */
export const campaignList = projection<CampaignDocument, CampaignEvent>({
  name: 'campaigns',
  version: 3,
  columns: { name: 'text', channelKey: 'text', createdAt: 'text' },
  keys: ({ data }) => [data.campaignId],
  initial: (campaignId) => ({
    campaignId,
    name: '',
    channel: null,
    channelKey: null,
    startsOn: null,
    endsOn: null,
    createdAt: '',
    spend: {},
  }),
  on: {
    CampaignCreated: (doc, { data: { name, channel, startsOn, endsOn }, occurredAt }) => ({
      ...doc,
      name,
      channel: channel ?? null,
      channelKey: channel === undefined ? null : wordKey(channel),
      startsOn: startsOn ?? null,
      endsOn: endsOn ?? null,
      createdAt: occurredAt,
    }),
    CampaignSpendRecorded: (doc, { data: { campaignId: _, ...spend } }) => ({
      ...doc,
      spend: { ...doc.spend, [spendRecordOf(spend)]: spend },
    }),
  },
});

/** What a campaign cost in [from, to), one amount a currency. */
export const spentIn = (
  { spend }: CampaignDocument,
  from: Day = FIRST_DAY,
  to: Day = LAST_DAY,
): readonly MoneySum[] => {
  const sums = new MoneySums();
  for (const { day, amount } of Object.values(spend)) if (day >= from && day < to) sums.add(amount);
  return sums.list();
};
