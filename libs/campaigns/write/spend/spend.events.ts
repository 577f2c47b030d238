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

const spendId = ref('spend', 'The record: an invoice line, a credit note; not a campaign.');
const word = (description: string) => optional(text(description, { min: 1, max: 500 }));
const fields = {
  spendId,
  day: day('The day the money was spent.'),
  channel: word('The channel it was spent in, in whatever spelling.'),
  source: word('utm_source or its like, as touches state it: google.'),
  medium: word('utm_medium or its like, as touches state it: cpc.'),
};

/** Money that no campaign is named for. What a campaign cost is recorded on the campaign. */
export const spendEvents = events({
  SpendRecorded: {
    version: 1,
    description: 'What was spent in a channel without a campaign; a later record under the same id replaces it.',
    sentence: 'Cost {amount} on {day}, without a campaign[, in {channel}][, from {source}][ / {medium}]',
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
      'Record what was spent in a channel, or for a source and medium, without a campaign. The newest record of an id counts; 0 takes it back.',
    allow: ['marketing', 'revops'],
    ...fields,
    amount: money('What was spent; a credit note is negative.'),
  },
});
export type SpendCommand = CommandOf<typeof spendCommands>;
export class ToSpend extends To<SpendCommand> {}
