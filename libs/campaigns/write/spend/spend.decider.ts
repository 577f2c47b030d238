import { decider, refuse } from '@baton/kernel';
import { spendCommands, spendEvents, type SpendCommand, type SpendEvent } from './spend.events';

interface SpendRecord {
  /** The record in force, as reported; undefined before the first one. */
  readonly stated?: string;
}
const statedOf = ({ day, channel, source, medium, amount }: SpendEvent['data']): string =>
  JSON.stringify([day, channel, source, medium, amount.minor, amount.currency]);

export const spendDecider = decider<SpendRecord, SpendCommand, SpendEvent>({
  commands: spendCommands,
  events: spendEvents,
  initialState: () => ({}),
  decide: {
    RecordSpendWithoutCampaign: ({ stated }, { data }) => {
      if ([data.channel, data.source, data.medium].every((field) => field === undefined))
        return refuse(
          'spend/no-channel',
          'Give channel, source or medium; without one of them the spend cannot be matched to touches.',
          'channel',
        );
      return stated === statedOf(data) ? [] : [{ type: 'SpendRecorded', data }];
    },
  },
  evolve: { SpendRecorded: (_, { data }) => ({ stated: statedOf(data) }) },
});
