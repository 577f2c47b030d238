import { FIRST_DAY, keyOf, LAST_DAY, MoneySums, projection, type Day, type Money, type MoneySum } from '@baton/kernel';
import type { CampaignEvent } from '../../write/campaign/campaign.events';

export interface CampaignDocument {
  readonly campaignId: string;
  readonly name: string;
  readonly channel: string | null;
  /** The channel without regard to its spelling. */
  readonly channelKey: string | null;
  readonly startsOn: Day | null;
  readonly endsOn: Day | null;
  readonly createdAt: string;
  /** The standing record of each day and channel, by `day channel`, the channel in whatever spelling. */
  readonly spend: Readonly<Record<string, { readonly day: Day; readonly channel: string; readonly amount: Money }>>;
}

/** A campaign with what it cost, by day and channel. */
export const campaignList = projection<CampaignDocument, CampaignEvent>({
  name: 'campaigns',
  version: 2,
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
      channelKey: channel === undefined ? null : keyOf(channel),
      startsOn: startsOn ?? null,
      endsOn: endsOn ?? null,
      createdAt: occurredAt,
    }),
    CampaignSpendRecorded: (doc, { data: { day, channel, amount } }) => ({
      ...doc,
      spend: { ...doc.spend, [`${day} ${keyOf(channel)}`]: { day, channel, amount } },
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
