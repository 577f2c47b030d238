import {
  commands,
  day,
  events,
  money,
  optional,
  ref,
  state,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

const name = text('Name of the campaign.', { min: 1, max: 200 });
const shortText = (description: string) => optional(text(description, { min: 1, max: 500 }));
const marks = {
  source: shortText('utm_source or its like, as touches state it: google.'),
  medium: shortText('utm_medium or its like, as touches state it: cpc.'),
};
const channel = text('Channel of the campaign or of the money spent, such as "paid search".', { max: 100 });

export const campaignEvents = events({
  CampaignCreated: {
    version: 1,
    description: 'Marketing planned a campaign.',
    sentence: 'Campaign {name} was planned[ on {channel}][, from {startsOn}][, until {endsOn}]',
    campaignId: ref('campaign'),
    name,
    channel: optional(channel),
    startsOn: optional(day()),
    endsOn: optional(day()),
  },
  CampaignSpendRecorded: {
    version: 1,
    description:
      'Spend of a campaign on a day in a channel; a later record for the same day, channel, source and medium replaces it.',
    sentence: 'The campaign spent {amount} on {day} in {channel}[, source {source}][ / {medium}]',
    campaignId: ref('campaign'),
    day: day(),
    channel,
    ...marks,
    amount: state('campaign.spend', money(), ['day', 'channel', 'source', 'medium']),
  },
});
export type CampaignEvent = EventOf<typeof campaignEvents>;

export const campaignCommands = commands('campaign', {
  CreateCampaign: {
    creates: true,
    description: 'Plan a campaign.',
    allow: ['marketing', 'revops'],
    campaignId: ref('campaign'),
    name,
    channel: optional(channel),
    startsOn: optional(day('First day of the campaign.')),
    endsOn: optional(day('Last day of the campaign.')),
  },
  RecordSpend: {
    about: 'state',
    description:
      'Record the spend of a campaign on a day in a channel; the latest record for a day, channel, source and medium counts.',
    allow: ['marketing', 'revops'],
    campaignId: ref('campaign'),
    day: day('Day on which the money was spent.'),
    channel,
    ...marks,
    amount: money('Amount spent that day, less credit notes; negative if there were only credit notes.'),
  },
});
export type CampaignCommand = CommandOf<typeof campaignCommands>;
export class ToCampaign extends To<CampaignCommand> {}
