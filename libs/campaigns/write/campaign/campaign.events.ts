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

const name = text('What the team calls the campaign.', { min: 1, max: 200 });
const raw = (description: string) => optional(text(description, { min: 1, max: 500 }));
const marks = {
  source: raw('utm_source or its like, as touches state it: google.'),
  medium: raw('utm_medium or its like, as touches state it: cpc.'),
};
const channel = text('The channel the money or the touch belongs to, such as "paid search".', { max: 100 });

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
      'What a campaign cost on a day in a channel; a later record of the same day, channel, source and medium replaces it.',
    sentence: 'The campaign cost {amount} on {day} in {channel}[, from {source}][ / {medium}]',
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
    startsOn: optional(day('The first day.')),
    endsOn: optional(day('The last day.')),
  },
  RecordSpend: {
    about: 'state',
    description:
      'Record what a campaign cost on a day in a channel; the newest record of a day, channel, source and medium counts.',
    allow: ['marketing', 'revops'],
    campaignId: ref('campaign'),
    day: day('The day the money was spent.'),
    channel,
    ...marks,
    amount: money('What was spent that day, less what was credited: a day of credit notes alone is negative.'),
  },
});
export type CampaignCommand = CommandOf<typeof campaignCommands>;
export class ToCampaign extends To<CampaignCommand> {}
