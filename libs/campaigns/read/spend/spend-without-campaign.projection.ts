import { wordKey, projection, type Day, type Money } from '@baton/kernel';
import type { SpendEvent } from '../../write/spend/spend.events';

interface SpendDocument {
  readonly spendId: string;
  readonly day: Day;
  readonly channel: string | null;
  /** The channel without regard to its spelling. */
  readonly channelKey: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly amount: Money;
}

/** One document per record of spend that names no campaign: the newest under its id. */
export const spendWithoutCampaign = projection<SpendDocument, SpendEvent>({
  name: 'spend-without-campaign',
  version: 1,
  columns: { day: 'text', channelKey: 'text' },
  keys: ({ data }) => [data.spendId],
  initial: (spendId) => ({ spendId }) as SpendDocument, // each of its events says all
  on: {
    SpendRecorded: (_, { data: { spendId, day, channel, source, medium, amount } }) => ({
      spendId,
      day,
      channel: channel ?? null,
      channelKey: channel === undefined ? null : wordKey(channel),
      source: source ?? null,
      medium: medium ?? null,
      amount,
    }),
  },
});
