import { contentHash, field, orNull, readModel, roles, type DocumentOf } from '@baton/kernel';
import type { CampaignEvent } from '../../write/campaign/campaign.events';
import { spendRecordOf } from '../../write/campaign/spend-record.rules';
import type { SpendEvent } from '../../write/spend/spend.events';

const stated = { nullable: true, filter: true, sort: true } as const;
const fields = {
  recordId: field.id('Id of the record.', { filter: true }),
  spendId: field.id('The id that spend without a campaign was recorded by; null for that of a campaign.', {
    ...{ nullable: true, filter: true },
  }),
  campaignId: field.id('Id of the campaign; null for spend without a campaign.', {
    ...{ nullable: true, filter: true, entity: 'Campaign' },
  }),
  day: field.day('Day on which the money was spent.', { filter: true, sort: true }),
  channel: field.text('The channel as it was recorded.', { ...stated, anySpelling: true }),
  source: field.text('The source as it was recorded.', stated),
  medium: field.text('The medium as it was recorded.', stated),
  amount: field.money('Amount spent; negative for a credit note.', { filter: true, sort: true }),
} as const;
type SpendDocument = DocumentOf<typeof fields>;

/** The two kinds of record have prefixes of their own, so that a `spendId` never names a record of a campaign. */
const keyOf = (data: (CampaignEvent & { type: 'CampaignSpendRecorded' })['data'] | SpendEvent['data']): string =>
  'campaignId' in data ? `campaign:${contentHash([data.campaignId, spendRecordOf(data)])}` : `spend:${data.spendId}`;

const record = (doc: SpendDocument, { data }: { readonly data: Parameters<typeof keyOf>[0] }): SpendDocument => ({
  ...doc,
  spendId: 'spendId' in data ? data.spendId : null,
  campaignId: 'campaignId' in data ? data.campaignId : null,
  day: data.day,
  ...orNull(data, ['channel', 'source', 'medium']),
  amountMinor: data.amount.minor,
  currency: data.amount.currency,
});

/**
 * One document per record of spend: of a campaign the latest for a day, channel, source and medium, and without a campaign
 * the latest under its id.
 */
export const spend = readModel<SpendDocument, CampaignEvent | SpendEvent>({
  name: 'spend',
  version: 2,
  node: 'SpendRecord',
  description: 'Money spent on a day, for a campaign or without one.',
  key: 'recordId',
  fields,
  lists: {
    spend: { description: 'Spend of all campaigns and without one, the latest day first.', orderBy: '-day' },
    spendWithoutCampaign: {
      description:
        'Spend without a campaign, the latest day first; `roas(by: CAMPAIGN)` shows it in the row with key null.',
      orderBy: '-day',
      where: { campaignId: { eq: null } },
    },
  },
  allow: roles,
  questions: [
    { where: ['campaignId'], orderBy: '-day' },
    { where: ['channelKey'], orderBy: '-day' },
  ],
  keys: ({ data }) => ('amount' in data ? [keyOf(data)] : []),
  on: { CampaignSpendRecorded: record, SpendRecorded: record },
});
