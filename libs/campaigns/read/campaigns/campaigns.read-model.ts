import { dayField, idField, instantField, readModel, roles, textField, wordKey, type DocumentOf } from '@baton/kernel';
import type { CampaignEvent } from '../../write/campaign/campaign.events';

const listed = { filter: true, sort: true } as const;
const known = { nullable: true, filter: true, sort: true } as const;
const fields = {
  campaignId: idField('Id of the campaign; touches state it in `campaign`.', listed),
  name: textField('Name of the campaign.', { ...listed, filterBy: 'nameKey' }),
  nameKey: textField('The name without regard to its spelling.', { column: true, hidden: true }),
  channel: textField('Main channel.', { ...known, filterBy: 'channelKey' }),
  channelKey: textField('The channel without regard to its spelling.', { nullable: true, column: true, hidden: true }),
  startsOn: dayField('First day.', known),
  endsOn: dayField('Last day.', known),
  createdAt: instantField('When it was planned.', listed),
} as const;
type CampaignDocument = DocumentOf<typeof fields>;

/** One document per campaign; what it cost is in `spend`. */
export const campaigns = readModel<CampaignDocument, CampaignEvent>({
  name: 'campaigns',
  version: 5,
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
  initial: (campaignId) => ({
    ...{
      campaignId,
      name: '',
      nameKey: '',
      channel: null,
      channelKey: null,
      startsOn: null,
      endsOn: null,
      createdAt: '',
    },
  }),
  on: {
    CampaignCreated: (doc, { data: { name, channel, startsOn, endsOn }, occurredAt }) => ({
      ...doc,
      name,
      nameKey: wordKey(name),
      channel: channel ?? null,
      channelKey: channel === undefined ? null : wordKey(channel),
      startsOn: startsOn ?? null,
      endsOn: endsOn ?? null,
      createdAt: occurredAt,
    }),
  },
});
