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

const spendId = ref('spend', 'Id of the record (an invoice line, a credit note), not of a campaign.');
const shortText = (description: string) => optional(text(description, { min: 1, max: 500 }));
const fields = {
  spendId,
  day: day('Day on which the money was spent.'),
  channel: shortText('Channel that the money was spent in; case is ignored.'),
  source: shortText('utm_source or its like, as touches state it: google.'),
  medium: shortText('utm_medium or its like, as touches state it: cpc.'),
};

/** Spend without a campaign. The cost of a campaign is recorded on the campaign. */
export const spendEvents = events({
  SpendRecorded: {
    version: 1,
    description: 'Spend without a campaign; a later record with the same id replaces it.',
    sentence: '{amount} was spent on {day} without a campaign[, in {channel}][, source {source}][ / {medium}]',
    ...fields,
    amount: state('spend.amount', money()),
  },
});
export type SpendEvent = EventOf<typeof spendEvents>;

export const spendCommands = commands('spend', {
  RecordSpendWithoutCampaign: {
    about: 'state',
    creates: true,
    description:
      'Record spend without a campaign, by channel or by source and medium. The latest record with an id counts; an amount of 0 cancels it.',
    allow: ['marketing', 'revops'],
    ...fields,
    amount: money('Amount spent; negative for a credit note.'),
  },
});
export type SpendCommand = CommandOf<typeof spendCommands>;
export class ToSpend extends To<SpendCommand> {}
