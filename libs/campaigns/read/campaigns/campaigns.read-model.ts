import { field, readModel, roles, type DocumentOf } from '@baton/kernel';
import type { CampaignEvent } from '../../write/campaign/campaign.events';

const listed = { filter: true, sort: true } as const;
const known = { nullable: true, filter: true, sort: true } as const;
const fields = {
  campaignId: field.id('Id of the campaign; touches state it in `campaign`.', listed),
  name: field.text('Name of the campaign.', { ...listed, anySpelling: true }),
  channel: field.text('Main channel.', { ...known, anySpelling: true }),
  startsOn: field.day('First day.', known),
  endsOn: field.day('Last day.', known),
  createdAt: field.instant('When it was planned.', listed),
} as const;
type CampaignDocument = DocumentOf<typeof fields>;

/** One document per campaign; what it cost is in `spend`. */
export const campaigns = readModel<CampaignDocument, CampaignEvent>({
  name: 'campaigns',
  version: 6,
  node: 'Campaign',
  description: 'A campaign and its spend.',
  key: 'campaignId',
  fields,
  one: { name: 'campaign', description: 'One campaign; null if there is none with this id.' },
  lists: { campaigns: { description: 'The campaigns, newest first.', orderBy: '-createdAt' } },
  allow: roles,
  questions: [
    { where: ['channelKey'], orderBy: '-createdAt' },
    { where: [], orderBy: 'nameKey' },
  ],
  keys: ({ data }) => [data.campaignId],
  on: { CampaignCreated: (doc, { data, occurredAt }) => ({ ...doc, ...data, createdAt: occurredAt }) },
});
